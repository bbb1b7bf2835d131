import { AppError } from '@shared/errors';
import { z } from 'zod';
import type { TechniqueContext } from '../compression/calibration/technique-context';
import { binaryBases } from '../compression/quantization/binary-bases';
import { packedInitializer } from '../compression/storage/bit-planes';
import { permutationOf } from '../compression/quantization/coded-layers';
import { FreshNames, shortenValueNames } from '../onnx/fresh-names';
import { roundToHalfReals } from '../compression/algebra/half-reals';
import { nodesKept } from '../compression/layers/layer-choice';
import { plainGraph } from '../compression/layers/plain-graph';
import { uncodedLayers } from '../compression/layers/uncoded-layers';
import type { WeightLayer } from '../compression/layers/weight-layers';
import { weightRows, type WeightRows } from '../compression/layers/weight-rows';
import type { Graph } from '../onnx/graph';
import { simplify } from '../onnx/simplify';
import { codesWeights } from './handling';
import { layersKept } from './layer-params';
import { defineTechnique } from './technique';

const id = 'binarize.weights';

function binarized({ rows, columns, data }: WeightRows, count: number): { codes: Uint8Array; bases: Float32Array } {
  const codes = new Uint8Array(data.length);
  const bases = new Float32Array(rows * count);
  for (let row = 0; row < rows; row++) {
    const own = binaryBases(data.subarray(row * columns, (row + 1) * columns), count);
    codes.set(own.codes, row * columns);
    bases.set(own.factors, row * count);
  }
  return { codes, bases: roundToHalfReals(bases) };
}

/**
 * The layers whose weights become binary, each weight once: layers may share it.
 * @param stored as the step before left the network, `plain` with plain weights. Throws `technique.not-applicable` where none are left.
 */
export function binarizedLayers(
  stored: Graph,
  plain: Graph,
  choice: { keepFirst: boolean; keepLast: boolean },
  technique: string,
  { card }: TechniqueContext,
): WeightLayer[] {
  const kept = nodesKept(plain, { exclude: [], ...choice }, technique);
  const chosen = uncodedLayers(stored, plain).filter(({ node }) => !kept.has(node));
  const layers = new Map(chosen.map((layer) => [layer.weightName, layer]));
  if (layers.size > 0) return [...layers.values()];
  const detail = 'it has no convolution or matrix product with constant weights besides the ones that are kept';
  throw new AppError('technique.not-applicable', { id: technique, model: card.name, detail });
}

export const binarizeWeights = defineTechnique({
  id,
  title: 'Binary weights',
  summary:
    'Each weight becomes plus or minus one number per output channel, or a sum of several such numbers: the smallest file. Without training most networks lose their accuracy.',
  family: 'quantization',
  needs: [],
  version: 2,
  params: z.strictObject({
    bases: z.number().int().min(1).max(4).default(1).describe('Signs per weight, each with a scale per output channel'),
    keepFirst: z.boolean().default(true).describe('The first layer keeps its weights'),
    keepLast: z.boolean().default(true).describe('The last layer keeps its weights'),
  }),
  handling: (choice) => codesWeights(layersKept(choice)),
  explainCollapse: () => [
    {
      certainty: 'setting',
      sentence: 'weights of one bit do not hold this network without training: use more bases or more bits',
    },
  ],
  async apply(graph, { bases: count, keepFirst, keepLast }, context) {
    const result = simplify(await plainGraph(graph, id, context.card.name));
    const layers = binarizedLayers(graph, result, { keepFirst, keepLast }, id, context);
    const names = new FreshNames(result);
    for (const layer of layers) {
      const rows = weightRows(layer);
      const { codes, bases } = binarized(rows, count);
      const rowLength = rows.columns;
      const packed = { codes, bits: count, shape: rows.shape, rowLength, decode: { bases }, ...permutationOf(rows) };
      packedInitializer(result, layer.weightName, packed, names);
    }
    shortenValueNames(result);
    context.note('Binary weights are decoded when the model loads: smaller file, no speed-up.');
    return result;
  },
});
