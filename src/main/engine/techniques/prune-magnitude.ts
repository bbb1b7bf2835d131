import { z } from 'zod';
import { evenDamage } from '../compression/pruning/even-damage';
import { layerDamages } from '../compression/pruning/layer-damage';
import { plainGraph } from '../compression/layers/plain-graph';
import { pruneMasks, type ScoredLayer } from '../compression/pruning/prune-mask';
import { parsePattern, pruneUnits, type PrunePattern } from '../compression/pruning/prune-pattern';
import type { WeightLayer } from '../compression/layers/weight-layers';
import { weightRows } from '../compression/layers/weight-rows';
import { copyGraph, type Graph } from '../onnx/graph';
import { keptLayers } from './layer-params';
import { amountParam, applyMask, patternParam, prunableLayers, storePruned } from './pruned-weights';
import type { TechniqueContext } from '../compression/calibration/technique-context';
import { prunesWeights } from './handling';
import { defineTechnique } from './technique';

const id = 'prune.magnitude';
/** Shares of a layer's weights at which its sensitivity is measured. */
const probedShares = [0.5, 0.8] as const;

type Criterion = 'l1' | 'l2' | 'random';

function scored(layer: WeightLayer, pattern: PrunePattern, criterion: Criterion, rng: () => number): ScoredLayer {
  const rows = weightRows(layer);
  // What is zero already goes first, by any criterion.
  const scores = {
    l1: (value: number): number => Math.abs(value),
    l2: (value: number): number => value * value,
    random: (value: number): number => (value === 0 ? 0 : 1 - rng()),
  }[criterion];
  return { scores: rows.data.map(scores), units: pruneUnits(pattern, layer, rows) };
}

/** Zeros for each layer such that pruning it alone does the same measured damage as any other. */
async function zerosBySensitivity(
  graph: Graph,
  layers: readonly WeightLayer[],
  scores: readonly ScoredLayer[],
  pattern: PrunePattern,
  zeros: number,
  context: TechniqueContext,
): Promise<number[]> {
  const changes = layers.flatMap((layer, at) =>
    probedShares.map((share) => ({
      node: layer.node,
      make(): Graph {
        const result = copyGraph(graph);
        const [mask] = pruneMasks([scores[at]!], pattern, Math.round(share * layer.weight.data.length));
        applyMask(result, layer, mask!);
        return result;
      },
    })),
  );
  const key = [layers.map(({ weightName }) => weightName), pattern, probedShares];
  const damages = await layerDamages(graph, changes, key, context, id);
  const curves = layers.map(({ weight }, at) => ({
    weights: weight.data.length,
    shares: probedShares,
    damages: [damages[2 * at]!, damages[2 * at + 1]!] as const,
  }));
  return evenDamage(curves, zeros);
}

export const pruneMagnitude = defineTechnique({
  id,
  title: 'Magnitude pruning',
  summary:
    'Sets the weights of smallest magnitude to zero and stores the rest sparsely: a smaller file, the same speed.',
  family: 'pruning',
  needs: ['calibration'],
  needsFor: ({ scope }) => (scope === 'sensitivity' ? ['calibration'] : []),
  version: 2,
  search: {
    place: 'zeros',
    params: { amount: { ordered: [0.1, 0.2, 0.3, 0.5] }, scope: { choices: ['global', 'sensitivity'] } },
  },
  params: z.strictObject({
    amount: amountParam,
    scope: z
      .enum(['global', 'local', 'sensitivity'])
      .default('global')
      .describe(
        'Compare weights across the whole network; within each layer, all losing the same share; or within each layer, with shares at which all layers do the same damage alone, measured on calibration images',
      ),
    criterion: z
      .enum(['l1', 'l2', 'random'])
      .default('l1')
      .describe(
        'What ranks the weights, or the groups that die together: mean magnitude, mean square, or chance (a control)',
      ),
    pattern: patternParam,
    steps: z
      .number()
      .int()
      .min(1)
      .max(16)
      .default(1)
      .describe(
        'Reach the amount in so many steps and measure the layers anew, as pruned so far, before each: matters for scope sensitivity only, since magnitudes stay what they are',
      ),
    ...keptLayers,
  }),
  handling: () => prunesWeights,
  explainCollapse: ({ amount }, { isCompensated }) =>
    amount < 0.5 || isCompensated
      ? []
      : [
          {
            certainty: 'setting',
            sentence: `${id} took ${Math.round(100 * amount)} % of the weights and nothing made up for them: prune less, or use prune.secondOrder`,
          },
        ],
  async apply(graph, params, context) {
    const { amount, scope, criterion, steps } = params;
    const pattern = parsePattern(params.pattern)!;
    const pruned = await plainGraph(graph, id, context.card.name);
    const layers = prunableLayers(pruned, params, id, context);
    const scores = layers.map((layer) => scored(layer, pattern, criterion, () => context.rng()));
    const total = layers.reduce((sum, { weight }) => sum + weight.data.length, 0);
    const isMeasured = scope === 'sensitivity' && pattern.kind !== 'n:m' && criterion !== 'random';
    const rounds = isMeasured ? steps : 1;
    for (let step = 1; step <= rounds; step++) {
      const zeros = Math.round((amount * total * step) / rounds);
      const masks = scope === 'global' ? pruneMasks(scores, pattern, zeros) : await masksByLayer(zeros);
      layers.forEach((layer, at) => applyMask(pruned, layer, masks[at]!));
    }
    storePruned(pruned, context);
    return pruned;

    async function masksByLayer(zeros: number): Promise<Uint8Array[]> {
      const each = isMeasured
        ? await zerosBySensitivity(pruned, layers, scores, pattern, zeros, context)
        : layers.map(({ weight }) => Math.round((zeros / total) * weight.data.length));
      return layers.flatMap((_, at) => pruneMasks([scores[at]!], pattern, each[at]!));
    }
  },
});
