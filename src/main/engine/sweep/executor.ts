import type { Job, JobReporter, JobResults } from '../jobs/job';

export type JobEvents = Omit<JobReporter, 'signal'>;

/**
 * Where jobs run. A job is self-contained and refers to files by path under the workspace, so that an executor over many
 * machines can stand in for the local one.
 */
export interface Executor {
  /** Jobs that may run at once, beside each other. */
  readonly slots: number;
  /** Threads one job may use. */
  readonly threads: number;
  run<J extends Job>(job: J, events: JobEvents, signal: AbortSignal): Promise<JobResults[J['kind']]>;
}
