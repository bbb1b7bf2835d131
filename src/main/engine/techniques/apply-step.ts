import { AppError } from '@shared/errors';
import { formatRecipe } from '@shared/recipe-syntax';
import type { Graph } from '../onnx/graph';
import { recordStep } from '../compression/storage/provenance';
import { hasDecodedWeights, storeSparseWeights } from '../compression/storage/sparse-weights';
import { parseParams } from './parse-params';
import { findTechnique } from './registry';
import type { TechniqueContext } from '../compression/calibration/technique-context';

/**
 * Applies one recipe step and records it in the result's metadata. The graph that comes in is not changed.
 * Throws the technique's AppErrors, `cancelled` once the signal fires, and `technique.failed` for anything unforeseen.
 */
export async function applyStep(
  graph: Graph,
  techniqueId: string,
  params: unknown,
  context: TechniqueContext,
): Promise<Graph> {
  const technique = findTechnique(techniqueId);
  const parsed = parseParams(technique, params);
  if (context.signal.aborted) throw new AppError('cancelled');
  try {
    const applied = await technique.apply(graph, parsed, context);
    const result = recordStep(graph, applied, formatRecipe([{ technique: technique.id, params: parsed }]));
    // Most techniques work on plain weights: what came in without its zeros goes out without them.
    if (hasDecodedWeights(graph)) storeSparseWeights(result);
    return result;
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    if (context.signal.aborted) throw new AppError('cancelled');
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    throw new AppError('technique.failed', { id: technique.id, detail: detail.split('\n')[0] }, { cause: thrown });
  }
}
