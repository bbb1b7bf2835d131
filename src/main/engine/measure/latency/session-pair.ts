import { throwIfCancelled } from '../cancellation';
import { mean } from '@shared/statistics/mean';
import { median } from '@shared/statistics/percentile';
import { energyHalfBlockMs, type Meter, type SpentOnImages } from './energy';
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
  /** What the machine spends is read where the models change, and they run long enough between for it to be told. Absent: times alone. */
  meter?: Meter;
  signal: AbortSignal;
}

/** Milliseconds an image of every counted inference, and candidate / baseline for each round. */
export interface SessionPairTimes {
  candidateMs: Float64Array;
  baselineMs: Float64Array;
  roundRatios: Float64Array;
  /** While the rounds ran. */
  processorTime: ProcessorTime | undefined;
  /** What the machine took meanwhile, idling too. Absent without a meter. */
  spent?: Record<Side, SpentOnImages>;
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
  const {
    candidatePath,
    baselinePath,
    baseline: other,
    opensFirst,
    outerFirst,
    rounds,
    meter,
    signal,
    ...model
  } = options;
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
      contestants[side] = new Contestant(opened[index]!, expectedMs, sharesWeightMemory, meter, model.images && rounds);
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
      ...(meter && { spent: { candidate: candidate.energy, baseline: baseline.energy } }),
    };
  } finally {
    for (const each of opened) await each.close();
  }
}

/** A model in the comparison with the times of its current round and of all rounds. */
class Contestant {
  readonly all: number[] = [];
  /** On its counted inferences. */
  readonly energy: SpentOnImages = { joules: 0, ms: 0, images: 0 };
  private current: number[] = [];
  private readonly halfBlockRuns: number;

  constructor(
    private readonly model: TimedModel,
    private readonly expectedMs: number,
    private readonly sharesWeightMemory: boolean,
    private readonly meter?: Meter,
    /** Where each image comes once: in how many rounds. */
    private readonly rounds?: number,
  ) {
    const leastRuns = expectedMs < shortRunMs ? 2 : 1;
    const runsIn = (ms: number): number => Math.max(leastRuns, Math.ceil(ms / expectedMs));
    const forTimes = Math.min(maximumHalfBlockRuns, runsIn(halfBlockMs));
    const runs = meter ? Math.max(forTimes, runsIn(energyHalfBlockMs(meter.sensor))) : forTimes;
    this.halfBlockRuns = rounds === undefined ? runs : Math.ceil(model.inputs / (2 * rounds));
  }

  /** What its part of a round takes. */
  get blocksMs(): number {
    return 2 * this.halfBlockRuns * this.expectedMs;
  }

  async runBlock(halves: 1 | 2, signal: AbortSignal): Promise<void> {
    if (this.sharesWeightMemory || this.expectedMs < shortRunMs) await this.model.time();
    const { meter } = this;
    // By then whatever a reading still holds of the other model is past.
    const settled = performance.now() + (meter?.sensor.updateMs ?? 0);
    while (meter && performance.now() < settled) await this.model.time();
    const [start, joules] = [performance.now(), meter?.joules() ?? 0];
    for (let run = 0; run < halves * this.halfBlockRuns; run++) {
      throwIfCancelled(signal);
      this.current.push(await this.model.time());
      this.model.next();
    }
    if (!meter) return;
    this.energy.joules += meter.joules() - joules;
    this.energy.ms += performance.now() - start;
    this.energy.images += halves * this.halfBlockRuns * this.model.batch;
  }

  endRound(): number {
    const middle = this.rounds === undefined ? median(this.current) : mean(this.current);
    this.all.push(...this.current);
    this.current = [];
    return middle;
  }
}
