import type { ErrorReport } from '@shared/errors';
import type { Job } from './job';
import type { Order } from './order';

/** What a worker is told: an order and the folder of the workspace that has its contents. */
export interface WorkerTask<K extends Job['kind'] = Job['kind']> {
  order: Order & { kind: K };
  workspace: string;
}

/** What it is told later: to end without a result, or to end training with what it has brought so far. */
export type WorkerOrder = 'cancel' | 'stop';

/** What a worker says to the engine. */
export type WorkerMessage =
  | { type: 'progress'; stage: string; done: number; total: number }
  | { type: 'note'; sentence: string }
  | { type: 'log'; line: string }
  | { type: 'result'; result: unknown }
  | { type: 'error'; error: ErrorReport; stack?: string };
