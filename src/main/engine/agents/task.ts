import type { Agent } from '@shared/agents';
import type { AgentJob } from './protocol';
import type { Delivery } from './pulls';

/** A step that an agent has under way. */
export interface Task {
  job: AgentJob;
  title: string;
  abort: AbortController;
  /** Of its training, by hand. */
  stop: AbortController;
  startedAt: string;
  stage: string;
  fraction: number;
  /** As it was handed out. */
  delivery: Delivery;
  /** The same step from lines of others, by the number in the stream: they wait for what comes of this one. */
  beside: Map<number, Delivery>;
}

export const taskOf = (job: AgentJob, delivery: Delivery): Task => ({
  job,
  title: `${job.order.kind} ${job.title}`,
  abort: new AbortController(),
  stop: new AbortController(),
  startedAt: new Date().toISOString(),
  stage: '',
  fraction: 0,
  delivery,
  beside: new Map(),
});

/** "compress fp16, for mobilenetv2 · int8" */
export const taskText = ({ title, job: { trial } }: Task): string =>
  trial === undefined ? title : `${title}, for ${trial}`;

/** As others see it. */
export const taskView = ({ job, title, startedAt, stage, fraction }: Task): Agent['steps'][number] => ({
  key: job.key,
  kind: job.order.kind,
  title,
  ...(job.trial !== undefined && { trial: job.trial }),
  startedAt,
  ...(stage !== '' && { stage }),
  fraction,
});
