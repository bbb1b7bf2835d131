import { AppError } from '@shared/errors';
import { z } from 'zod';
import { codeLayers } from '../compression/quantization/coded-layers';
import { clusterGrid } from '../compression/storage/few-bit-grid';
import { nodesNamed } from '../compression/layers/layer-choice';
import { plainGraph } from '../compression/layers/plain-graph';
import { uncodedLayers } from '../compression/layers/uncoded-layers';
import { simplify } from '../onnx/simplify';
import { codesWeights } from './handling';
import { roundedNearest } from './collapse-causes';
import { defineTechnique } from './technique';

const id = 'cluster.weights';

export const clusterWeights = defineTechnique({
  id,
  title: 'Weight clustering',
  summary:
    'Replaces the weights of a layer by the centres of a few clusters and stores which one each belongs to: a smaller file, the same speed.',
  family: 'quantization',
  needs: ['calibration'],
  version: 6,
  search: { place: 'rounding', params: { clusters: { ordered: [16, 32, 64] } } },
  params: z.strictObject({
    clusters: z.number().int().min(2).max(256).default(32).describe('Number of values that weights may take'),
    per: z
      .enum(['layer', 'channel'])
      .default('layer')
      .describe('One set of values for a layer, or for each output channel'),
    init: z
      .enum(['optimal', 'linear', 'density', 'k-means++'])
      .default('optimal')
      .describe(
        'Where k-means starts: at the best clusters (exact), spread over the range, spread over the weights, or at drawn weights',
      ),
    rounding: z
      .enum(['nearest', 'second-order'])
      .default('second-order')
      .describe('Each weight to the nearest value, or so that later weights make up for the error of earlier ones'),
    layers: z
      .array(z.string())
      .default([])
      .describe('Layers to cluster, by name; * stands for any characters; none named means all'),
  }),
  handling: ({ layers }) =>
    codesWeights(layers.length > 0 ? [`all but ${layers.map((name) => `"${name}"`).join(', ')}`] : []),
  explainCollapse: ({ rounding }) => roundedNearest(id, rounding),
  async apply(graph, { clusters, per, init, rounding, layers: wanted }, context) {
    const plain = simplify(await plainGraph(graph, id, context.card.name));
    const named = nodesNamed(plain, wanted, id, 'layers');
    const layers = uncodedLayers(graph, plain).filter(({ node }) => wanted.length === 0 || named.has(node));
    if (layers.length === 0) {
      const detail = 'it has no convolution or matrix product with constant weights among the chosen layers';
      throw new AppError('technique.not-applicable', { id, model: context.card.name, detail });
    }
    context.note('Clustered weights are decoded when the model loads: smaller file, no speed-up.');
    const bits = Math.max(1, Math.ceil(Math.log2(clusters)));
    return codeLayers(
      plain,
      layers,
      (rows, importance) =>
        clusterGrid(rows, {
          bits,
          clusters,
          init,
          rowsPerGroup: per === 'channel' ? 1 : rows.rows,
          rng: () => context.rng(),
          ...(importance ? { importance } : {}),
        }),
      { rounding, id, context },
    );
  },
});
