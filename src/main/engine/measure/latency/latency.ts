import type { LatencyMetrics } from '@shared/metrics';
import type { ModelCard } from '@shared/model-card';
import type { LatencyMode } from '@shared/sweep-file';
import { deriveSeed } from '../../compression/algebra/random';
import type { Runtime } from '../../runtimes/runtime';
import { throwIfCancelled } from '../cancellation';
import { measureColdStart } from './cold-start';
import { bootstrapRatio, type RatioEstimate } from '../statistics/bootstrap-ratio';
import { median, medianAbsoluteDeviation, sortedPercentile } from '../statistics/percentile';
import { TimedModel } from './timed-model';

export interface LatencyOptions {
  candidatePath: string;
  /** The same file as the candidate makes an A/A control: its interval shows the noise floor of this machine. */
  baselinePath: string;
  card: ModelCard;
  runtime: Runtime;
  threads: number;
  mode: LatencyMode;
  seed: number;
  progress(stage: string, done: number, total: number): void;
  signal: AbortSignal;
}

export type MeasuredLatency = Omit<LatencyMetrics, 'target' | 'peakMemoryBytes'>;

/** Rigorous goes on past its first rounds until the ratio is known to within 1 %, or its limit. */
const modes = {
  quick: { rounds: 12, maximumRounds: 12 },
  rigorous: { rounds: 40, maximumRounds: 120 },
} as const;
const additionalRounds = 10;
const wantedHalfWidth = 0.01;
/** Half of what each model runs in a round. Long against timer and scheduling noise, short against drifts of the clock. */
const halfBlockMs = 50;
const minimumHalfBlockRuns = 2;
const maximumHalfBlockRuns = 200;
/** A shorter run is preceded by one that is not counted whenever the models change: it pays for the caches the other filled. */
const cacheSensitiveMs = 20;

/**
 * Latency of the candidate, and its ratio to the baseline measured side by side: both are loaded in this process and take
 * turns, so drifts of clock speed and load (easily twofold from hour to hour) hit both alike. A round runs the models in the
 * order A BB A, the next one B AA B: inside a round a linear drift cancels, and neither model is always first. Per round the
 * medians give one ratio; see `bootstrapRatio` for what becomes of them.
 *
 * Throws `cancelled`, `model.runtime-rejected`, `model.runtime-failed`, `model.differs`, `model.not-classifier`.
 */
export async function measureLatency(options: LatencyOptions): Promise<MeasuredLatency> {
  const { candidatePath, baselinePath, mode, seed, signal, progress } = options;
  const { card, runtime, threads } = options;
  const input = { card, runtime, threads, seed: deriveSeed(seed, 'latency input') };
  progress('cold start', 0, 1);
  const coldStartMs = await measureColdStart(candidatePath, input, signal);
  const opened: TimedModel[] = [];
  try {
    progress('warm-up', 0, 1);
    const candidate = await openInto(opened, candidatePath, input);
    const baseline = await openInto(opened, baselinePath, input);
    const rounds = new Rounds(
      new Contestant(candidate, await candidate.warmUp(signal)),
      new Contestant(baseline, await baseline.warmUp(signal)),
      deriveSeed(seed, 'latency bootstrap'),
    );
    let wanted: number = modes[mode].rounds;
    for (;;) {
      while (rounds.count < wanted) {
        await rounds.run(signal);
        progress('latency', rounds.count, wanted);
      }
      const { ratio, interval } = rounds.estimate();
      const known = (interval[1] - interval[0]) / 2 <= wantedHalfWidth * ratio;
      if (known || wanted >= modes[mode].maximumRounds) break;
      wanted += additionalRounds;
    }
    return { ...rounds.metrics(), coldStartMs, mode };
  } finally {
    for (const model of opened) await model.close();
  }
}

async function openInto(
  opened: TimedModel[],
  path: string,
  input: Parameters<typeof TimedModel.open>[1],
): Promise<TimedModel> {
  const model = await TimedModel.open(path, input);
  opened.push(model);
  return model;
}

/** A model in the comparison with the times of its current round and of all rounds. */
class Contestant {
  readonly all: number[] = [];
  private current: number[] = [];
  private readonly halfBlockRuns: number;

  constructor(
    private readonly model: TimedModel,
    private readonly expectedMs: number,
  ) {
    const runs = Math.ceil(halfBlockMs / expectedMs);
    this.halfBlockRuns = Math.min(maximumHalfBlockRuns, Math.max(minimumHalfBlockRuns, runs));
  }

  async runBlock(halves: 1 | 2, signal: AbortSignal): Promise<void> {
    if (this.expectedMs < cacheSensitiveMs) await this.model.time();
    for (let run = 0; run < halves * this.halfBlockRuns; run++) {
      throwIfCancelled(signal);
      this.current.push(await this.model.time());
    }
  }

  endRound(): number {
    const middle = median(this.current);
    this.all.push(...this.current);
    this.current = [];
    return middle;
  }
}

class Rounds {
  private readonly ratios: number[] = [];

  constructor(
    private readonly candidate: Contestant,
    private readonly baseline: Contestant,
    private readonly seed: number,
  ) {}

  get count(): number {
    return this.ratios.length;
  }

  async run(signal: AbortSignal): Promise<void> {
    const baselineOutside = this.count % 2 === 0;
    const outer = baselineOutside ? this.baseline : this.candidate;
    const inner = baselineOutside ? this.candidate : this.baseline;
    await outer.runBlock(1, signal);
    await inner.runBlock(2, signal);
    await outer.runBlock(1, signal);
    this.ratios.push(this.candidate.endRound() / this.baseline.endRound());
  }

  estimate(): RatioEstimate {
    return bootstrapRatio(this.ratios, this.seed);
  }

  metrics(): Omit<MeasuredLatency, 'coldStartMs' | 'mode'> {
    const { ratio, interval } = this.estimate();
    const times = Float64Array.from(this.candidate.all).sort();
    return {
      p50Ms: sortedPercentile(times, 0.5),
      p90Ms: sortedPercentile(times, 0.9),
      p99Ms: sortedPercentile(times, 0.99),
      madMs: medianAbsoluteDeviation(times),
      n: times.length,
      rounds: this.count,
      baselineP50Ms: median(this.baseline.all),
      ratio,
      ratioInterval: interval,
    };
  }
}
