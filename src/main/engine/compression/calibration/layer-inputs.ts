import { AppError } from '@shared/errors';
import type { Graph, Node } from '../../onnx/graph';
import type { TechniqueContext } from './technique-context';
import { centreGrams, diagonalAt, type GramSums } from './gram';
import { inputColumns } from './input-columns';
import { gramExtent } from './shrunk-gram';
import { layerSums, summedOutputs } from './layer-sums';
import { MatrixProducts } from '../algebra/matrix-products';
import { PairedActivations } from './paired-activations';
import { biasValues } from '../layers/layer-constants';
import type { WeightLayer } from '../layers/weight-layers';
import { weightRows, type WeightRows } from '../layers/weight-rows';

/** What is known of a layer whose weights are to be rounded. */
export interface LayerInputs {
  layer: WeightLayer;
  rows: WeightRows;
  /** Centred where the layer has a bias that may be corrected. */
  total: GramSums;
  /** Undefined where there is no place for one. */
  bias: Float32Array | undefined;
}

/** What second-order rounding needs from outside. */
export interface SecondOrderOptions {
  id: string;
  /** How many calibration images are looked at. */
  images: number;
  context: TechniqueContext;
  /** Whether the diagonal of H is enough for layers of which that tells nearly all (`gramExtent`); all of H where absent. */
  takesDiagonal?: boolean;
}

/** Mean squared input of each column, `[groups, columns]`; never quite 0, so that dead inputs have values fitted too. */
export function importanceOf({ grams, count }: GramSums): Float32Array {
  const columns = grams[0]!.columns;
  const result = new Float32Array(grams.length * columns);
  grams.forEach((gram, group) => {
    let sum = 0;
    for (let column = 0; column < columns; column++) sum += Math.max(0, diagonalAt(gram, column));
    const least = sum > 0 ? (0.01 * sum) / columns : count;
    for (let column = 0; column < columns; column++)
      result[group * columns + column] = (Math.max(0, diagonalAt(gram, column)) + least) / count;
  });
  return result;
}

/** The bias with which the mean of every output channel stays that of the float network when the rows become `data`. */
export function correctedBias({ rows, total, bias }: LayerInputs, data: Float32Array): Float32Array | undefined {
  if (!bias) return undefined;
  const now = summedOutputs(rows, rows.data, total.sums);
  const then = summedOutputs(rows, data, total.sums);
  return bias.map((value, row) => value + ((total.errorSums[row] ?? 0) + now[row]! - then[row]!) / total.count);
}

/**
 * Visits layers in the order of the graph with the sums of their inputs, in `graph` and in the float network. The visitor may change the
 * weights of its layer in `graph`; layers with shared weights or inputs of unknown shape are left out.
 * @param graph the nodes of `float`, in the same order. Throws `technique.failed` without images, `cancelled`.
 */
export async function visitLayers(
  graph: Graph,
  float: Graph,
  layers: readonly WeightLayer[],
  { id, images, context, takesDiagonal = false }: SecondOrderOptions,
  visit: (inputs: LayerInputs, node: Node, products: MatrixProducts) => Promise<void>,
): Promise<void> {
  const inputsOf = inputColumns(float);
  const count = Math.min(images, context.calibration.count);
  const uses = new Map<string, number>();
  for (const node of float.nodes) for (const name of node.inputs) uses.set(name, (uses.get(name) ?? 0) + 1);
  const nodes = new Map(graph.nodes.map((node, at) => [float.nodes[at]!, node]));
  const activations = new PairedActivations(graph, float, count, context, id);
  const candidates = layers.flatMap((layer) => {
    if (uses.get(layer.weightName) !== 1) return [];
    const probe = inputsOf(layer.node, layer.weight.shape, activations.imagesFor(nodes.get(layer.node)!));
    return probe ? [{ layer, rows: weightRows(layer), probe }] : [];
  });
  if (candidates.length === 0) return;

  context.progress('reconstructing', 0, candidates.length);
  const products = await MatrixProducts.open(context.threads);
  try {
    for (const [at, { layer, rows, probe }] of candidates.entries()) {
      if (context.signal.aborted) throw new AppError('cancelled');
      const node = nodes.get(layer.node)!;
      const compared = {
        layer: node,
        reference: { ...layer.node, inputs: layer.node.inputs.map(activations.referenceOf) },
        probe,
        rows,
        whole: { node: layer.node, rows: () => rows },
      };
      const extent = takesDiagonal ? gramExtent(probe) : 'whole';
      const [total] = (await layerSums(activations, [graph, float], compared, { extent })) as [GramSums];
      const bias = biasValues(float, layer.node, rows.rows);
      if (bias) centreGrams(total);
      await visit({ layer, rows, total, bias }, node, products);
      context.progress('reconstructing', at + 1, candidates.length);
    }
  } finally {
    await products.close();
  }
}
