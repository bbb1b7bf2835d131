import { z } from 'zod';
import { plainGraph } from '../compression/layers/plain-graph';
import { allocateZeros } from '../compression/pruning/prune-allocation';
import { pruneLayer, pruneWideLayer, wideSaliencies } from '../compression/pruning/prune-layer';
import { pruneMasks } from '../compression/pruning/prune-mask';
import { parsePattern, pruneUnits } from '../compression/pruning/prune-pattern';
import { restoreSpread } from '../compression/pruning/row-spread';
import { reconstructLayers } from '../compression/reconstruction/second-order';
import { weightRows } from '../compression/layers/weight-rows';
import { removeDead } from '../onnx/remove-dead';
import { simplify } from '../onnx/simplify';
import { keptLayers } from './layer-params';
import { amountParam, applyMask, patternParam, prunableLayers, storePruned } from './pruned-weights';
import { prunesWeights } from './handling';
import { tookTooMuch } from './collapse-causes';
import { defineTechnique } from './technique';

const id = 'prune.secondOrder';

export const pruneSecondOrder = defineTechnique({
  id,
  title: 'Second-order pruning',
  summary:
    'Sets the weights to zero that the output of their layer misses least and lets the others make up for them, layer after layer on the pruned network: a smaller file, the same speed, far more accurate than magnitude.',
  family: 'pruning',
  needs: ['calibration'],
  version: 5,
  search: { place: 'zeros', params: { amount: { ordered: [0.2, 0.3, 0.4, 0.5, 0.6, 0.7] } } },
  params: z.strictObject({
    amount: amountParam,
    scope: z
      .enum(['global', 'local'])
      .default('global')
      .describe(
        'How much each layer loses: what harms the answers on calibration images least, by a measurement of each layer alone; or all the same share',
      ),
    pattern: patternParam,
    steps: z
      .number()
      .int()
      .min(1)
      .max(32)
      .default(12)
      .describe('Within each layer, weights go in so many steps; after each the rest is fitted and ranked anew'),
    images: z
      .number()
      .int()
      .min(1)
      .max(100_000)
      .default(256)
      .describe('Calibration images to fit on, at most: more are better and take longer'),
    ...keptLayers,
  }),
  handling: () => prunesWeights,
  explainCollapse: ({ pattern }) => [
    ...(pattern === 'unstructured'
      ? []
      : [
          {
            certainty: 'setting' as const,
            sentence: `the pattern ${pattern} takes from every place alike, also where nothing can be spared: use pattern unstructured or exclude layers`,
          },
        ]),
    tookTooMuch(id),
  ],
  async apply(graph, params, context) {
    const { amount, scope, steps, images } = params;
    const pattern = parsePattern(params.pattern)!;
    const plain = simplify(await plainGraph(graph, id, context.card.name));
    const layers = prunableLayers(plain, params, id, context);
    const sizes = layers.map(({ weight }) => weight.data.length);
    const zeros = Math.round(amount * sizes.reduce((sum, size) => sum + size, 0));
    const isAllocated = scope === 'global' && pattern.kind !== 'n:m' && amount > 0;
    const each = isAllocated
      ? await allocateZeros(plain, layers, zeros, context, id)
      : sizes.map((size) => Math.round(amount * size));
    const zerosOf = new Map(layers.map(({ weightName }, at) => [weightName, each[at]!]));
    const { graph: pruned, done } = await reconstructLayers(
      plain,
      layers,
      async (problem) => {
        const data = await pruneLayer(problem, pattern, zerosOf.get(problem.layer.weightName)!, steps);
        await restoreSpread(problem, data);
        return data;
      },
      { id, images, context },
      plain,
      (problem) => {
        const own = zerosOf.get(problem.layer.weightName)!;
        return Promise.resolve(pruneWideLayer(problem, pattern, own, wideSaliencies(problem)));
      },
    );
    const left = layers.filter(({ weightName }) => !done.has(weightName));
    for (const layer of left) {
      const rows = weightRows(layer);
      const scored = { scores: rows.data.map(Math.abs), units: pruneUnits(pattern, layer, rows) };
      applyMask(pruned, layer, pruneMasks([scored], pattern, zerosOf.get(layer.weightName)!)[0]!);
    }
    if (left.length > 0)
      context.note(
        `${left.length} of ${layers.length} layers were pruned by magnitude: they share weights or have inputs of unknown shape.`,
      );
    storePruned(pruned, context);
    return removeDead(pruned);
  },
});
