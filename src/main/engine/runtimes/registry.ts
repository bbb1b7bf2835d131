import { AppError } from '@shared/errors';
import { litert } from './litert';
import { openvino } from './openvino';
import { ort } from './ort';
import { ortProviders } from './ort-providers';
import { ortWeb } from './ort-web';
import type { Runtime } from './runtime';
import { tflite } from './tflite';

/** The runtimes a target may name. To add one: write its file, add it here, test it; nothing else names runtimes. */
export const runtimes: readonly Runtime[] = [ort, ortWeb, litert, tflite, openvino, ...ortProviders];

/** The runtime of a target such as "ort-cpu". Throws `target.unknown`. */
export function findRuntime(id: string): Runtime {
  const runtime = runtimes.find((candidate) => candidate.id === id);
  if (runtime) return runtime;
  throw new AppError('target.unknown', { runtime: id, available: runtimes.map((one) => one.id).join(', ') });
}
