import { randomBytes } from 'node:crypto';
import { splits } from '@shared/dataset';
import { AppError, toAppError } from '@shared/errors';
import {
  runSummarySchema,
  type RunProgress,
  type RunStatus,
  type RunSummary,
  type RunView,
  type TrialView,
} from '@shared/run';
import type { SweepFile } from '@shared/sweep-file';
import { trialOfRun } from '@shared/trial-of-run';
import { imagesFor } from '../dataset/map-classes';
import { stepImages } from '../dataset/step-images';
import type { InterruptedRun, RunRecord } from '../store/run-records';
import { RunLock } from '../store/run-lock';
import type { Workspace } from '../store/workspace';
import { answersOfRun } from './answers-of-run';
import type { Executor } from './executor';
import { finishedIn } from './finished-steps';
import { LocalContents } from './local-contents';
import { distinctSteps, type TrialPlan } from './plan';
import type { PreparedSweep } from './prepare-sweep';
import { runAgainst } from './run-against';
import { damagedSummary, runSummary } from './run-summary';
import { nextTimeOfDay } from './deadline';
import { isDiskFull } from './run-journal';
import { SweepRun, type SweepRunOptions } from './sweep-run';
import { trialView, type ViewSources } from './trial-view';

export interface RunEvents {
  progress(progress: RunProgress | null): void;
  trial(run: string, trial: TrialView): void;
}

/** A run under way. */
export interface Launched {
  id: string;
  finished: Promise<RunStatus>;
}

/** How a run is taken up again. */
export interface ResumeOptions {
  /** Keys of finished steps to compute anew; what is known of them stays until then. */
  again?: readonly string[];
  /** When it ends with what is there, milliseconds since 1970; absent: as its sweep says. */
  deadline?: number;
  /** Nobody asked for it: it goes on as it was, paused, without what was skipped, and until when it was meant to end. */
  asItWas?: InterruptedRun;
}

/** Starts, resumes and shows runs of one workspace; at most one is under way in this process, and in all processes. */
export class RunManager {
  private active: { run: SweepRun; finished: Promise<RunStatus> } | undefined;
  private readonly idle: (() => void)[] = [];

  constructor(
    private readonly workspace: Workspace,
    private readonly executor: Executor,
    private readonly events: RunEvents,
    /** A run that was read from a file: shown in place of those of the workspace, and never changed. */
    private readonly opened?: RunView,
  ) {}

  /** The id of the run under way in this process. */
  get activeRun(): string | undefined {
    return this.active?.run.id;
  }

  /** Called whenever a run has ended and another may begin. */
  onIdle(listener: () => void): void {
    this.idle.push(listener);
  }

  /** Creates a run and starts it. @param deadline as in `ResumeOptions`. Throws `store.busy`. */
  start(prepared: PreparedSweep, deadline = deadlineOf(prepared)): Launched {
    const lock = this.lock();
    const id = this.guarded(lock, () => this.create(prepared, 'running'));
    return this.launch(id, prepared, lock, { deadline });
  }

  /** Creates a run that waits for its turn. */
  enqueue(prepared: PreparedSweep): string {
    return this.create(prepared, 'queued');
  }

  /**
   * Continues a run that ended early, retries its failed and skipped trials, or begins one that was queued.
   * @throws `store.busy`, `run.not-found`, `run.damaged`
   */
  resume(id: string, prepared: PreparedSweep, { again = [], asItWas, deadline: given }: ResumeOptions = {}): Launched {
    const { status, startedAt } = this.record(id);
    const { runs } = this.workspace;
    const lock = this.lock();
    const isPaused = asItWas?.wasPaused ?? false;
    const keepsSkipped = asItWas !== undefined || again.length > 0;
    const skipped = this.guarded(lock, () => {
      if (status === 'queued') runs.begin(id);
      const before = runs.statuses(id).filter((trial) => trial.status === 'skipped');
      runs.replan(id, prepared.trials, prepared.manifest);
      runs.trials(id);
      runs.setRunStatus(id, isPaused ? 'paused' : 'running');
      return keepsSkipped ? before.map((trial) => trial.id) : [];
    });
    // When it was alive last, its end was still to come.
    const deadline = given ?? deadlineOf(prepared, asItWas && Date.parse(runs.lastLogged(id) ?? startedAt));
    return this.launch(id, prepared, lock, { again: new Set(again), skipped, isPaused, deadline });
  }

  /** Marks what dead processes left as running. Answers those runs; none while another process runs. */
  recover(): InterruptedRun[] {
    const lock = this.active || this.opened ? undefined : RunLock.tryAcquire(this.workspace.folder);
    if (!lock) return [];
    try {
      return this.workspace.runs.markInterrupted();
    } finally {
      lock.release();
    }
  }

  /** This process ends because a person wants it to: what is under way waits for that person. */
  leave(): void {
    if (!this.active) return;
    try {
      this.workspace.runs.markInterrupted();
    } catch {
      // On a full disk it stays marked as under way, and goes on at the next start.
    }
  }

  private create({ sweep, manifest, trials }: PreparedSweep, status: RunStatus): string {
    const id = newRunId();
    this.workspace.runs.create(
      { id, name: sweep.name, status, sweep, manifest, startedAt: new Date().toISOString() },
      trials.map((trial) => ({ id: trial.id, plan: trial })),
    );
    return id;
  }

  control(id: string): SweepRun {
    if (this.active?.run.id !== id)
      throw new AppError('run.not-found', { run: id, path: `${this.workspace.folder} (not under way)` });
    return this.active.run;
  }

  /** What a run is called, also one whose record cannot be read. @throws `run.not-found`, `results.read-only` */
  name(id: string): string {
    this.refuseOpened(id);
    const found = this.workspace.runs.names().find((named) => named.id === id);
    if (!found) throw new AppError('run.not-found', { run: id, path: this.workspace.folder });
    return found.name;
  }

  /** @throws `run.not-found`, `run.damaged`, `results.read-only` */
  record(id: string): RunRecord {
    this.refuseOpened(id);
    const found = this.workspace.runs.find(id);
    if (!found) throw new AppError('run.not-found', { run: id, path: this.workspace.folder });
    return found;
  }

  private refuseOpened(id: string): void {
    if (id === this.opened?.id) throw readOnly(id, 'it cannot be continued, measured or looked into');
  }

  /**
   * The sweep of a run that may be taken up again as it is written; what runs in a search, only that search knows.
   * @throws `run.of-search`, and as `record`
   */
  resumable(id: string): SweepFile {
    const { name, sweep } = this.record(id);
    const { part } = sweep.dataset;
    if (sweep.search && part && (part === 'selection' || sweep.models.length > 1))
      throw new AppError('run.of-search', { run: name });
    return sweep;
  }

  /** A run of somebody else, shown from a file: none of its paths is touched. */
  isFromFile(id: string): boolean {
    return id === this.opened?.id;
  }

  list(): RunSummary[] {
    if (this.opened) return [runSummarySchema.parse(this.opened)];
    const counts = this.workspace.runs.counts();
    return this.workspace.runs.names().map((named) => {
      const count = counts.get(named.id);
      return named.record ? runSummary(named.record, count) : damagedSummary(named, count);
    });
  }

  summary(record: RunRecord): RunSummary {
    return runSummary(record, this.workspace.runs.counts().get(record.id));
  }

  /** @param against the recipe that trials are compared with; absent: the networks as they came. Throws `run.no-recipe`. */
  view(id: string, against?: string): RunView {
    if (id === this.opened?.id) {
      if (against === undefined || against === this.opened.against) return this.opened;
      throw readOnly(
        id,
        'it cannot be compared with another recipe, because the answers on single images are not in it',
      );
    }
    const record = this.record(id);
    const sources = this.sources(record);
    const records = this.workspace.runs.trials<TrialPlan>(id);
    const view = {
      ...this.summary(record),
      sweep: record.sweep,
      // Ranges are recipes by now.
      recipes: [...new Set(records.map(({ plan }) => plan.recipe))],
      manifest: record.manifest,
      trials: records.map((trial) => trialView(trial, sources)),
    };
    if (against === undefined) return view;
    return runAgainst(view, against, answersOfRun(this.workspace, id));
  }

  private launch(id: string, prepared: PreparedSweep, lock: RunLock, options: SweepRunOptions): Launched {
    const { sweep, models, dataset, trials } = prepared;
    const context = {
      workspace: this.workspace,
      models,
      dataset,
      seed: sweep.seed,
      latency: sweep.latency,
      threads: this.executor.threads,
    };
    const run = this.guarded(
      lock,
      () =>
        new SweepRun(
          id,
          trials,
          context,
          this.executor,
          {
            progress: (progress) => this.events.progress(progress),
            trialChanged: (trialId) => this.events.trial(id, this.trial(id, trialId)),
          },
          {
            ...options,
            limits: sweep.limits,
            coolDownMs: 1000 * (sweep.coolDownSeconds ?? 0),
            isOfSearch: sweep.dataset.part !== undefined,
          },
        ),
    );
    const finished = this.work(run, prepared, lock);
    finished.catch(() => undefined);
    this.active = { run, finished };
    return { id, finished };
  }

  /** The run from beginning to end; the lock is released however it ends. */
  private async work(run: SweepRun, { models, dataset }: PreparedSweep, lock: RunLock): Promise<RunStatus> {
    const { artifacts, runs } = this.workspace;
    try {
      await artifacts.sweepIncoming();
      const contents = new LocalContents(this.workspace.folder);
      for (const model of models.values()) await contents.addModel(model);
      for (const split of splits) await contents.addImages(dataset[split]);
      for (const { card } of models.values()) {
        await contents.addImages(imagesFor(dataset.eval, dataset, card));
        await contents.addImages(stepImages('train', dataset, card));
      }
      return await run.run();
    } catch (thrown) {
      try {
        runs.setRunStatus(run.id, 'failed');
      } catch {
        // On a full disk the run stays marked as under way, and the next start finds it interrupted.
      }
      throw thrown;
    } finally {
      // A worker that had to be killed leaves what it had written so far; what cannot be removed now is tried again by the next run.
      await artifacts.sweepIncoming().catch(() => undefined);
      this.active = undefined;
      lock.release();
      this.events.progress(null);
      for (const listener of this.idle) listener();
    }
  }

  /** Does `act` and keeps the lock, or throws and releases it. */
  private guarded<T>(lock: RunLock, act: () => T): T {
    try {
      return act();
    } catch (thrown) {
      lock.release();
      throw diskError(this.workspace.folder, thrown);
    }
  }

  private trial(run: string, trialId: string): TrialView {
    const found = trialOfRun(this.workspace.runs.trials<TrialPlan>(run), run, trialId);
    return trialView(found, this.sources(this.record(run)));
  }

  private sources(record: RunRecord): ViewSources {
    const files = new Map(record.manifest.models.map((model) => [model.name, model]));
    return {
      workspace: this.workspace,
      computed: this.workspace.steps.computedBy(record.id),
      stateOf: this.active?.run.id === record.id ? (key) => this.active?.run.stateOf(key) : undefined,
      calibrationImages: record.manifest.dataset.calibration,
      modelFile: (name) => files.get(name),
    };
  }

  private lock(): RunLock {
    if (this.opened) throw readOnly(this.opened.id, 'sweeps are not started beside it');
    if (this.active)
      throw new AppError('store.busy', { path: this.workspace.folder, owner: `run ${this.active.run.id}` });
    return RunLock.acquire(this.workspace.folder);
  }
}

/** How many steps a prepared sweep has, and how many of them are in the journal already. */
export function countSteps(trials: readonly TrialPlan[], workspace: Workspace): { steps: number; cachedSteps: number } {
  const steps = distinctSteps(trials);
  return { steps: steps.length, cachedSteps: finishedIn(workspace, steps).size };
}

/** When a sweep that says so has to end; undefined where it does not. */
function deadlineOf({ sweep: { until } }: PreparedSweep, from = Date.now()): number | undefined {
  return until === undefined ? undefined : nextTimeOfDay(until, from);
}

function readOnly(run: string, detail: string): AppError {
  return new AppError('results.read-only', { run, detail });
}

/** Sorts by time and stays unique: 20261122-154210-9f3a. */
function newRunId(): string {
  const time = new Date().toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${time}-${randomBytes(2).toString('hex')}`;
}

function diskError(path: string, thrown: unknown): AppError {
  return isDiskFull(thrown) ? new AppError('output.disk-full', { path }, { cause: thrown }) : toAppError(thrown);
}
