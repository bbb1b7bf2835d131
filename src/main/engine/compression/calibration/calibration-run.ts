import { AppError } from '@shared/errors';
import type { Graph } from '../../onnx/graph';
import { removeDead } from '../../onnx/remove-dead';
import { encodeModel } from '../../onnx/save';
import { calculator, type RuntimeTensor } from '../calculator';
import type { TechniqueContext } from './technique-context';

/** Images a run takes where the model leaves it open. */
export const usualBatch = 8;
export const leastBatches = 4;

/**
 * Images a run takes: the batch that the model fixes; else few enough for several batches, so that what is fitted on some can
 * be checked on others.
 */
export function batchSizeFor(graph: Graph, limit: number): number {
  const fixed = graph.inputs[0]!.shape[0];
  return typeof fixed === 'number' && fixed > 0
    ? fixed
    : Math.max(1, Math.min(usualBatch, Math.ceil(limit / leastBatches)));
}

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
  take: (results: Record<string, RuntimeTensor>, batch: number) => void,
): Promise<void> {
  const input = graph.inputs[0]!;
  const isFixed = typeof input.shape[0] === 'number' && input.shape[0] > 0;
  const size = batchSizeFor(graph, Math.min(limit, calibration.count));
  const session = await calculator.open(encodeModel(removeDead(graph)), { threads });
  try {
    let [done, batch] = [0, 0];
    for await (const { data, shape } of calibration.batches(size)) {
      if (signal.aborted) throw new AppError('cancelled');
      if (isFixed && shape[0] !== size) break;
      take(await session.run({ [input.name]: { type: 'float32', shape, data } }), batch++);
      done += shape[0]!;
      if (done >= limit) break;
    }
    if (done === 0) throw noImages(id);
  } finally {
    await session.close();
  }
}
