import { throwIfCancelled } from '../cancellation';
import { mean } from '@shared/statistics/mean';
import { median } from '@shared/statistics/percentile';
import { processorTimeBetween, readProcessorTime, type ProcessorTime } from './processor-time';
import { TimedModel, type TimedModelOptions } from './timed-model';

export type Side = 'candidate' | 'baseline';

/** What differs between the session pairs of one measurement, so that neither side is always first. */
export interface SessionPairOrder {
  opensFirst: Side;
  /** Runs at the outside of the first round; rounds alternate from there. */
  outerFirst: Side;
  /** A multiple of four; half of them where the networks are slow. */
  rounds: number;
}

export interface SessionPairOptions extends TimedModelOptions, SessionPairOrder {
  candidatePath: string;
  /** The same file as the candidate makes an A/A control: two sessions of one file. */
  baselinePath: string;
  /** How the baseline runs, where it is not as the candidate. */
  baseline?: Omit<TimedModelOptions, 'seed'>;
  signal: AbortSignal;
}

/** Milliseconds an image of every counted inference, and candidate / baseline for each round. */
export interface SessionPairTimes {
  candidateMs: Float64Array;
  baselineMs: Float64Array;
  roundRatios: Float64Array;
  /** While the rounds ran. */
  processorTime: ProcessorTime | undefined;
}

/** Half of what each model runs in a round. Long against the timer, short against drifts of the clock. */
const halfBlockMs = 6;
const maximumHalfBlockRuns = 50;
/**
 * A shorter run is preceded by one that is not counted whenever the models change: it pays for the caches the other filled. And it
 * comes at least twice. Where sessions share a memory for weights, a run of any length is: it brings them back.
 */
const shortRunMs = 20;
/** Longer rounds are as good as several short ones: half as many do. */
const longRoundMs = 100;

/**
 * Opens both models in this process and lets them take turns, so drifts of clock speed and load (easily twofold from hour to hour)
 * hit both alike. A round runs the models in the order A BB A, the next one B AA B: inside a round a linear drift cancels. Per round
 * the medians give one ratio. Of images that take different times, each round has its own, the same for both models, and their means give the ratio.
 *
 * Throws `cancelled`, `model.runtime-rejected`, `model.runtime-failed`, `card.mismatch`, `model.not-classifier`.
 */
export async function runSessionPair(options: SessionPairOptions): Promise<SessionPairTimes> {
  const { candidatePath, baselinePath, baseline: other, opensFirst, outerFirst, rounds, signal, ...model } = options;
  const settings = { candidate: model, baseline: { ...model, ...other } };
  const paths = { candidate: candidatePath, baseline: baselinePath };
  const order =
    opensFirst === 'candidate' ? (['candidate', 'baseline'] as const) : (['baseline', 'candidate'] as const);
  const opened: TimedModel[] = [];
  try {
    const contestants = {} as Record<Side, Contestant>;
    for (const side of order) {
      throwIfCancelled(signal);
      opened.push(await TimedModel.open(paths[side], settings[side]));
    }
    for (const [index, side] of order.entries()) {
      const { sharesWeightMemory = false } = settings[side].runtime;
      const expectedMs = await opened[index]!.warmUp(signal);
      contestants[side] = new Contestant(opened[index]!, expectedMs, sharesWeightMemory, model.images && rounds);
    }
    const { candidate, baseline } = contestants;
    const roundMs = candidate.blocksMs + baseline.blocksMs;
    const roundRatios = new Float64Array(!model.images && roundMs > longRoundMs ? rounds / 2 : rounds);
    const start = await readProcessorTime();
    for (let round = 0; round < roundRatios.length; round++) {
      const candidateOutside = (outerFirst === 'candidate') === (round % 2 === 0);
      const [outer, inner] = candidateOutside ? [candidate, baseline] : [baseline, candidate];
      await outer.runBlock(1, signal);
      await inner.runBlock(2, signal);
      await outer.runBlock(1, signal);
      roundRatios[round] = candidate.endRound() / baseline.endRound();
    }
    return {
      candidateMs: Float64Array.from(candidate.all),
      baselineMs: Float64Array.from(baseline.all),
      roundRatios,
      processorTime: processorTimeBetween(start, await readProcessorTime()),
    };
  } finally {
    for (const each of opened) await each.close();
  }
}

/** A model in the comparison with the times of its current round and of all rounds. */
class Contestant {
  readonly all: number[] = [];
  private current: number[] = [];
  private readonly halfBlockRuns: number;

  constructor(
    private readonly model: TimedModel,
    private readonly expectedMs: number,
    private readonly sharesWeightMemory: boolean,
    /** Where each image comes once: in how many rounds. */
    private readonly rounds?: number,
  ) {
    const leastRuns = expectedMs < shortRunMs ? 2 : 1;
    const runs = Math.min(maximumHalfBlockRuns, Math.max(leastRuns, Math.ceil(halfBlockMs / expectedMs)));
    this.halfBlockRuns = rounds === undefined ? runs : Math.ceil(model.inputs / (2 * rounds));
  }

  /** What its part of a round takes. */
  get blocksMs(): number {
    return 2 * this.halfBlockRuns * this.expectedMs;
  }

  async runBlock(halves: 1 | 2, signal: AbortSignal): Promise<void> {
    if (this.sharesWeightMemory || this.expectedMs < shortRunMs) await this.model.time();
    for (let run = 0; run < halves * this.halfBlockRuns; run++) {
      throwIfCancelled(signal);
      this.current.push(await this.model.time());
      this.model.next();
    }
  }

  endRound(): number {
    const middle = this.rounds === undefined ? median(this.current) : mean(this.current);
    this.all.push(...this.current);
    this.current = [];
    return middle;
  }
}
