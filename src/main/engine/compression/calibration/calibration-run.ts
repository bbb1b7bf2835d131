import { AppError } from '@shared/errors';
import type { Graph } from '../../onnx/graph';
import { removeDead } from '../../onnx/remove-dead';
import { encodeModel } from '../../onnx/save';
import { calculator, type RuntimeTensor } from '../calculator';
import type { TechniqueContext } from './technique-context';

const usualBatch = 8;

/** What a technique says that got no calibration images. */
export function noImages(id: string): AppError {
  return new AppError('technique.failed', { id, detail: 'it needs calibration images, and the dataset gives none' });
}

/**
 * Runs calibration images through a graph, as many as `limit`, and hands each batch's outputs to `take`. A model with a fixed batch sees
 * only full ones.
 * Throws `technique.failed` without images, `cancelled` once the signal fires.
 */
export async function runCalibration(
  graph: Graph,
  limit: number,
  { calibration, threads, signal }: Pick<TechniqueContext, 'calibration' | 'threads' | 'signal'>,
  id: string,
  take: (results: Record<string, RuntimeTensor>) => void,
): Promise<void> {
  const input = graph.inputs[0]!;
  const fixedBatch = typeof input.shape[0] === 'number' && input.shape[0] > 0 ? input.shape[0] : undefined;
  const session = await calculator.open(encodeModel(removeDead(graph)), { threads });
  try {
    let done = 0;
    for await (const { data, shape } of calibration.batches(fixedBatch ?? usualBatch)) {
      if (signal.aborted) throw new AppError('cancelled');
      if (fixedBatch !== undefined && shape[0] !== fixedBatch) break;
      take(await session.run({ [input.name]: { type: 'float32', shape, data } }));
      done += shape[0]!;
      if (done >= limit) break;
    }
    if (done === 0) throw noImages(id);
  } finally {
    await session.close();
  }
}
