import { formatCounted } from '@shared/format';
import { AppError } from '@shared/errors';
import { reviveError } from '@shared/rpc';
import type { FileMetrics } from '@shared/metrics';
import type { SweepFile } from '@shared/sweep-file';
import type { ImageSet } from '../dataset/dataset';
import { stepKey } from '../jobs/step-key';
import { stepVersions } from '../jobs/step-versions';
import type { Predictions } from '../measure/accuracy/accuracy';
import type { Workspace } from '../store/workspace';
import type { TrialPlan } from '../sweep/plan';
import type { PreparedSweep } from '../sweep/prepare-sweep';
import type { RunManager } from '../sweep/run-manager';
import type { Evidence } from './evidence';
import { planCandidate, withoutTimes, type Candidate, type PlanSettings } from './plan-candidate';
import type { SearchImages } from './search-images';
import type { Laboratory } from './successive-halving';
import { evidenceOf, ExpectedTimes, isFinished, kernelsOf, mergedAnswers } from './trial-evidence';

/** The part of the engine that does the work. */
export interface Bench {
  workspace: Workspace;
  runs: Pick<RunManager, 'start' | 'resume' | 'control'>;
  signal: AbortSignal;
}

/** When nothing more is begun, and what is under way ends. */
export interface TimeLimit {
  /** Time under way, milliseconds: pauses do not count. */
  underWayMs: number;
  /** Milliseconds since 1970. */
  deadline?: number;
}

export interface LaboratoryOptions {
  bench: Bench;
  prepared: PreparedSweep;
  settings: PlanSettings;
  images: SearchImages;
  /** `giveUntil` moves it. */
  limit: TimeLimit;
  /** Whether times count: then they are taken of those that reach the third rung, and of the first on each kind of kernels. */
  isTimed: boolean;
  /** The run that is continued. */
  run?: string;
  /** Aborted: nothing more is begun. */
  enough?: AbortSignal;
  /** There is a run, new or continued. */
  opened?(run: string): void;
}

/** A quarter of the candidates gets there. */
const timedFrom = 2;

/**
 * Measures candidates as trials of one run: every step by the executor and into the journal, so that what was done once, by whatever run, is not
 * done again, and a search that was killed goes on. Blocks of images are disjoint: a candidate that climbs is shown only new ones.
 */
export class TrialLaboratory implements Laboratory<Candidate> {
  readonly rungs: number;
  private readonly imagesOf: readonly ImageSet<'eval'>[];
  private readonly firstBlock: number;
  private readonly baseline: Candidate;
  private readonly plans = new Map<string, TrialPlan>();
  private sweep: SweepFile;
  private run: string | undefined;
  private times: ExpectedTimes | undefined;
  /** Of the file of the network itself, in the format in which candidates are measured. Known once it is open. */
  networkBytes = 0;
  private limit: TimeLimit;
  /** Some candidate could not be measured for want of time. */
  isOutOfTime = false;

  constructor(private readonly options: LaboratoryOptions) {
    const { images, settings, run, prepared } = options;
    const hasDivergence = images.divergence.entries.length > 0;
    this.imagesOf = hasDivergence ? [images.divergence, ...images.blocks] : images.blocks;
    this.firstBlock = hasDivergence ? 1 : 0;
    this.rungs = this.imagesOf.length;
    this.baseline = { name: 'baseline', model: settings.network, chain: [] };
    this.run = run;
    this.limit = options.limit;
    this.sweep = (run !== undefined && options.bench.workspace.runs.find(run)?.sweep) || prepared.sweep;
  }

  get runId(): string {
    return this.run!;
  }

  get elapsedMs(): number {
    return (this.run !== undefined && this.options.bench.workspace.runs.find(this.run)?.elapsedMs) || 0;
  }

  /** Candidates that were begun. */
  get trials(): number {
    return this.options.bench.workspace.runs.trials(this.runId).length - 1;
  }

  /** Nothing more is begun; what is known can still be asked for. */
  private get isExhausted(): boolean {
    const { underWayMs, deadline = Infinity } = this.limit;
    return this.options.enough?.aborted === true || this.elapsedMs >= underWayMs || Date.now() >= deadline;
  }

  /** More time, for what time was too short for. */
  giveUntil(limit: TimeLimit): void {
    this.limit = limit;
    this.isOutOfTime = false;
  }

  /** The network itself on all images. Throws why it cannot be evaluated. */
  async open(): Promise<void> {
    const { workspace } = this.options.bench;
    if (this.run !== undefined) this.options.opened?.(this.run);
    for (let rung = 0; rung < this.rungs; rung++) {
      const plan = withoutTimes(this.planOf(this.baseline, rung));
      await this.work([plan], rung);
      if (isFinished(plan, workspace.steps)) continue;
      const trials = this.run === undefined ? [] : workspace.runs.trials(this.run);
      const error = trials.find(({ id }) => id === plan.id)?.error;
      throw error ? reviveError(error) : new AppError('search.no-time', { network: this.baseline.model.name });
    }
    // All of it may be known from elsewhere, and no time left to begin.
    if (this.run === undefined) throw new AppError('search.no-time', { network: this.baseline.model.name });
    const last = this.planOf(this.baseline, this.rungs - 1);
    const file = workspace.steps.find(last.deployments[0]!.describe)!.result as FileMetrics;
    this.times = new ExpectedTimes(file.macs);
    this.networkBytes = file.sizeBytes;
    this.keep(withoutTimes(last), this.baseline, this.rungs - 1);
  }

  async climb(candidates: readonly Candidate[], rung: number): Promise<Map<Candidate, Evidence>> {
    const { steps, runs } = this.options.bench.workspace;
    const isLate = rung >= Math.min(timedFrom, this.rungs - 1);
    const kernels = new Set<string>();
    const plans = candidates.map((candidate) => {
      const plan = this.planOf(candidate, rung);
      // The first on kernels of its kind is timed at once: how fast the others are is expected from it.
      const isFirst = !this.times!.knows(plan) && !kernels.has(kernelsOf(plan));
      kernels.add(kernelsOf(plan));
      return this.options.isTimed && (isLate || isFirst) ? plan : withoutTimes(plan);
    });
    await this.work(plans, rung);
    const known = new Map(runs.trials(this.runId).map(({ id, status }) => [id, status]));
    const found = new Map<Candidate, Evidence>();
    for (const [at, candidate] of candidates.entries()) {
      const plan = plans[at]!;
      if (!known.has(plan.id) || !isFinished(plan, steps)) {
        if (known.get(plan.id) !== 'failed') this.isOutOfTime = true;
        continue;
      }
      const [own, network] = [candidate, this.baseline].map((one) => mergedAnswers(this.answersOf(one, rung)));
      found.set(candidate, evidenceOf(plan, steps, own!, network!, this.times!));
      this.keep(plan, candidate, rung);
    }
    return found;
  }

  private planOf(candidate: Candidate, rung: number): TrialPlan {
    const id = `${rung} ${candidate.model.name}/${candidate.name}`;
    const plan = this.plans.get(id) ?? planCandidate(candidate, this.imagesOf[rung]!, this.options.settings);
    this.plans.set(id, plan);
    return plan;
  }

  /** On every image up to a rung; on the first, before labels count, on that alone. */
  private answerKeys(candidate: Candidate, rung: number): string[] {
    const from = Math.min(rung, this.firstBlock);
    return Array.from(
      { length: rung - from + 1 },
      (_, at) => this.planOf(candidate, from + at).deployments[0]!.evaluate,
    );
  }

  private answersOf(candidate: Candidate, rung: number): Predictions[] {
    const { steps } = this.options.bench.workspace;
    return this.answerKeys(candidate, rung).map((key) => steps.find(key)!.result as Predictions);
  }

  /** Runs what is not known of these trials, unless the time is over. Those that failed stay so. */
  private async work(plans: readonly TrialPlan[], rung: number): Promise<void> {
    const { bench, prepared, enough } = this.options;
    const { workspace, runs, signal } = bench;
    if (signal.aborted) throw new AppError('cancelled');
    const known = new Map(
      this.run === undefined ? [] : workspace.runs.trials(this.run).map(({ id, status }) => [id, status]),
    );
    const open = plans.filter(
      (plan) => known.get(plan.id) !== 'failed' && (!known.has(plan.id) || !isFinished(plan, workspace.steps)),
    );
    if (open.length === 0 || this.isExhausted) return;
    this.sweep = { ...this.sweep, recipes: { ...this.sweep.recipes, ...chainsOf(open) } };
    const stage = {
      ...prepared,
      sweep: this.sweep,
      dataset: { ...prepared.dataset, eval: this.imagesOf[rung]! },
      trials: open,
    };
    if (this.run !== undefined) workspace.runs.extend(this.run, this.sweep, open);
    const { underWayMs, deadline } = this.limit;
    const { id, finished } =
      this.run === undefined ? runs.start(stage, deadline) : runs.resume(this.run, stage, { deadline });
    if (this.run === undefined) this.options.opened?.(id);
    this.run = id;
    const control = runs.control(id);
    control.stopAfter(underWayMs);
    const cancel = (): void => control.cancel();
    const stops = [signal, ...(enough ? [enough] : [])];
    for (const stop of stops) stop.addEventListener('abort', cancel, { once: true });
    try {
      await finished;
    } finally {
      for (const stop of stops) stop.removeEventListener('abort', cancel);
    }
    if (signal.aborted) throw new AppError('cancelled');
  }

  /** Shows a trial by all answers it gave so far. */
  private keep(plan: TrialPlan, candidate: Candidate, rung: number): void {
    const { workspace } = this.options.bench;
    if (rung < this.firstBlock) return;
    const [own, network] = [this.together(candidate, rung), this.together(this.baseline, this.rungs - 1)];
    const [deployment] = plan.deployments;
    const steps = plan.steps.map((step) =>
      step.key === deployment!.evaluate ? { ...step, key: own.key, title: formatCounted(own.images, 'image') } : step,
    );
    const deployments = [{ ...deployment!, evaluate: own.key, baselineEvaluation: network.key }];
    const shown: TrialPlan = { ...plan, steps, deployments };
    workspace.runs.replan(this.runId, [shown], this.options.prepared.manifest);
  }

  private together(candidate: Candidate, rung: number): { key: string; images: number } {
    const { steps } = this.options.bench.workspace;
    const keys = this.answerKeys(candidate, rung);
    const answers = mergedAnswers(this.answersOf(candidate, rung));
    const key = keys.length === 1 ? keys[0]! : stepKey('evaluate', stepVersions.evaluate, 'together', keys);
    if (!steps.has(key)) steps.record({ key, kind: 'evaluate', result: answers, notes: [], elapsedMs: 0 }, this.runId);
    return { key, images: answers.n };
  }
}

/** Chains by their names in the run. */
function chainsOf(plans: readonly TrialPlan[]): SweepFile['recipes'] {
  return Object.fromEntries(
    plans.map(({ recipe, steps }) => [
      recipe,
      steps.flatMap(({ order }) =>
        order.kind === 'compress' ? [{ technique: order.technique, params: order.params }] : [],
      ),
    ]),
  );
}
