import type { Job, JobReporter, JobResults } from '../jobs/job';

export interface JobEvents extends Omit<JobReporter, 'signal'> {
  /** The job got its core. */
  started?(): void;
}

/** Stage of a job that a person waits for while others have the cores. */
export const waitingStage = 'waiting for a free core';

/** What else a job of a run brings; one without is asked for by a person who waits for it. */
export interface Placed<R> {
  /** Position in the plan: the lower, the earlier. */
  order: number;
  /** Takes the result in while the core is still the job's: hashing and storing disturb measurements too. */
  settle(result: R): Promise<void>;
}

/**
 * Where jobs run, and the only one who gives out cores: everything that computes for long asks here. Jobs that take times run while nothing
 * else does. A job is self-contained and refers to files by path under the workspace, so that an executor over many machines can stand in
 * for the local one.
 */
export interface Executor {
  /** Jobs that may run at once, beside each other. */
  readonly slots: number;
  /** Threads one job may use. */
  readonly threads: number;
  /** Runs a job when it is its turn. Throws what the job throws, `cancelled`, `worker.crashed`. */
  run<J extends Job>(
    job: J,
    events: JobEvents,
    signal: AbortSignal,
    placed?: Placed<JobResults[J['kind']]>,
  ): Promise<JobResults[J['kind']]>;
}
