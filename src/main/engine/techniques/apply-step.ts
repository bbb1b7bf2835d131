import { AppError } from '@shared/errors';
import { stoppedTexts } from '@shared/presenter/stopped-training';
import { formatRecipe } from '@shared/recipe-syntax';
import type { TrainingRecord } from '@shared/training-record';
import type { Graph } from '../onnx/graph';
import { recipeOf, recordStep } from '../compression/storage/provenance';
import { formOf } from '../compression/layers/network-form';
import { brokenParameter, maskingBias } from '../compression/layers/broken-parameter';
import { keepStorage } from '../compression/storage/keep-storage';
import { hasDecodedWeights, storeSparseWeights } from '../compression/storage/sparse-weights';
import { obstacleTo, type Obstacle } from './handling';
import { parseParams } from './parse-params';
import { findTechnique } from './registry';
import { handlingOf, type Technique } from './technique';
import type { TechniqueContext } from '../compression/calibration/technique-context';

/**
 * Applies one recipe step and records it in the result's metadata. The graph that comes in is not changed.
 * Throws `technique.not-applicable` for a network in a form the technique does not take or with parameters that are no numbers or infinite where it cannot have that, the technique's AppErrors, `cancelled` once the signal fires, and `technique.failed` for anything unforeseen.
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
  const form = formOf(graph);
  const obstacle = obstacleTo(handlingOf(technique, parsed), form);
  if (obstacle) {
    const detail = `${obstacle.detail}; ${remedyFor(obstacle)}`;
    throw new AppError('technique.not-applicable', { id: technique.id, model: context.card.name, detail });
  }
  const broken = brokenParameter(graph);
  if (broken !== undefined) {
    const before = recipeOf(graph);
    const remedy =
      before === undefined ? 'export the network again' : `a step before it (${before}) left them so; change that step`;
    const detail = `the values of "${broken}" are not all finite numbers; ${remedy}`;
    throw new AppError('technique.not-applicable', { id: technique.id, model: context.card.name, detail });
  }
  const masked = maskingBias(graph);
  if (masked !== undefined && !leavesBiasesAlone(technique, parsed)) {
    const detail = `the bias "${masked}" is -Infinity for some outputs, and it calculates with what a layer gives; put a large negative number there, as -10000`;
    throw new AppError('technique.not-applicable', { id: technique.id, model: context.card.name, detail });
  }
  const records: TrainingRecord[] = [];
  const trained: TechniqueContext['trained'] = (record) => {
    records.push(record);
    context.trained?.(record);
  };
  try {
    const applied = await technique.apply(graph, parsed, { ...context, trained });
    const left = brokenParameter(applied);
    if (left !== undefined) {
      const detail = `it left values of "${left}" that are not finite numbers; choose other parameters`;
      throw new AppError('technique.failed', { id: technique.id, detail });
    }
    const step = [formatRecipe([{ technique: technique.id, params: parsed }]), ...stoppedTexts(records)];
    const result = recordStep(graph, applied, step.join(', '));
    // Most techniques work on plain weights: what they did not change goes out as it came in, zeros stay out of the file.
    if ([...form.weights].some((storage) => storage !== 'float')) await keepStorage(graph, result);
    if (hasDecodedWeights(graph)) storeSparseWeights(result);
    return result;
  } catch (thrown) {
    if (thrown instanceof AppError) throw thrown;
    if (context.signal.aborted) throw new AppError('cancelled');
    const detail = thrown instanceof Error ? thrown.message : String(thrown);
    throw new AppError('technique.failed', { id: technique.id, detail: detail.split('\n')[0] }, { cause: thrown });
  }
}

/** Without images nothing is known of what layers give: weights alone change. */
const leavesBiasesAlone = (technique: Technique, params: unknown): boolean =>
  (technique.needsFor?.(params) ?? technique.needs).length === 0;

const remedyFor = (obstacle: Obstacle): string =>
  obstacle.in === 'input'
    ? 'compress the network it came from, or export it with a float32 input'
    : 'compress the float32 network it came from';
