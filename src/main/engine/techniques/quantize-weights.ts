import { AppError } from '@shared/errors';
import { z } from 'zod';
import { codeLayers, type GridFor } from '../compression/quantization/coded-layers';
import { affineGrid, clusterGrid, isPruned, uniformTableGrid } from '../compression/storage/few-bit-grid';
import { nodesKept } from '../compression/layers/layer-choice';
import { plainGraph } from '../compression/layers/plain-graph';
import { uncodedLayers } from '../compression/layers/uncoded-layers';
import { simplify } from '../onnx/simplify';
import { fp16 } from './fp16';
import { keptLayers, layersKept } from './layer-params';
import { codesWeights } from './handling';
import { roundedNearest } from './collapse-causes';
import { defineTechnique } from './technique';

const id = 'quantize.weights';
const halfBits = 16;
/** Few networks keep their answers with so few. */
const coarseBits = 3;

export const quantizeWeights = defineTechnique({
  id,
  title: 'Few-bit weights',
  summary:
    'Stores weights in 1 to 8 bits and decodes them when the model loads: a much smaller file, the same speed. Second-order rounding keeps the output of each layer on calibration images.',
  family: 'quantization',
  needs: ['calibration'],
  version: 6,
  search: {
    place: 'rounding',
    params: {
      bits: { ordered: [3, 4, 5, 6, 8] },
      scheme: { choices: ['linear-symmetric', 'kmeans'] },
      granularity: { choices: ['channel', 'tensor'] },
    },
  },
  params: z.strictObject({
    bits: z
      .literal([1, 2, 3, 4, 5, 6, 7, 8, halfBits])
      .default(4)
      .describe('Bits per weight; 16 is half precision, and the other choices do not matter then'),
    scheme: z
      .enum(['linear-symmetric', 'linear-signed', 'linear', 'kmeans', 'uniform-lut'])
      .default('linear-symmetric')
      .describe(
        'Which values weights may take: evenly spaced around zero, the same as signed integers (what int4 kernels take), evenly spaced over their range, the centres of clusters, or an evenly spaced table',
      ),
    granularity: z
      .enum(['tensor', 'channel', 'group'])
      .default('channel')
      .describe('Scales or tables for a whole layer, for each output channel, or for groups of output channels'),
    groupSize: z
      .number()
      .int()
      .min(1)
      .max(4096)
      .default(16)
      .describe('Output channels per group, for granularity group'),
    rounding: z
      .enum(['nearest', 'second-order'])
      .default('second-order')
      .describe('Each weight to the nearest value, or so that later weights make up for the error of earlier ones'),
    ...keptLayers,
  }),
  handling: ({ bits, ...choice }) => (bits === halfBits ? fp16.handling({}) : codesWeights(layersKept(choice))),
  explainCollapse: ({ bits, rounding }) => [
    ...(bits <= coarseBits
      ? [
          {
            certainty: 'setting' as const,
            sentence: `${bits}-bit weights are too coarse for this network: use more bits or second-order rounding`,
          },
        ]
      : []),
    ...roundedNearest(id, rounding),
  ],
  async apply(graph, params, context) {
    const { bits, scheme, granularity, rounding } = params;
    if (bits === halfBits) return fp16.apply(graph, {}, context);
    const plain = simplify(await plainGraph(graph, id, context.card.name));
    const { exclude, keepFirst, keepLast } = params;
    const kept = nodesKept(plain, { exclude, keepFirst, keepLast }, id);
    const layers = uncodedLayers(graph, plain).filter(({ node }) => !kept.has(node));
    if (layers.length === 0) {
      const detail = 'it has no convolution or matrix product with constant weights outside the excluded ones';
      throw new AppError('technique.not-applicable', { id, model: context.card.name, detail });
    }
    const gridFor: GridFor = (rows, importance) => {
      const rowsPerGroup = { tensor: rows.rows, channel: 1, group: Math.min(rows.rows, params.groupSize) }[granularity];
      const options = { bits, rowsPerGroup, ...(importance && { importance }), isPositive: scheme === 'linear-signed' };
      if (scheme === 'kmeans')
        return clusterGrid(rows, { ...options, clusters: 2 ** bits, init: 'optimal', rng: () => context.rng() });
      if (scheme === 'uniform-lut') return uniformTableGrid(rows, options);
      // One code for 0 in all rows, so that pruned weights stay zero and need no codes.
      return affineGrid(rows, options, scheme !== 'linear' || isPruned(rows));
    };
    context.note('Few-bit weights are decoded when the model loads: smaller file, no speed-up.');
    return codeLayers(plain, layers, gridFor, { rounding, id, context });
  },
});
