import { AppError } from '@shared/errors';
import { singleBatch } from '../onnx/classifier';
import { floatAttribute } from '../onnx/attributes';
import { copyGraph, type Graph, type Node } from '../onnx/graph';
import { float32Tensor } from '../onnx/make';
import { inferShapes } from '../onnx/shapes';
import type { TechniqueContext } from '../techniques/technique';
import { FreshNames } from './fresh-names';
import {
  addBatch,
  centreGrams,
  emptySums,
  gramProbe,
  shrunkGram,
  writeProbe,
  type GramProbe,
  type GramSums,
  type WrittenProbe,
} from './gram';
import { factorInputs, reconstruct, retarget, type InputFactor, type Quantizer } from './layer-reconstruction';
import { MatrixProducts, subMatrix, type Matrix } from './matrix-products';
import { PairedActivations } from './paired-activations';
import type { WeightLayer } from './weight-layers';
import { weightOfRows, weightRows, type WeightRows } from './weight-rows';

interface Candidate {
  layer: WeightLayer;
  rows: WeightRows;
  probe: GramProbe;
}

/** Makes the quantizer of a layer. `importance` `[groups, columns]`: mean squared input of each column. */
export type QuantizerFor = (layer: WeightLayer, rows: WeightRows, importance: Float32Array) => Quantizer;

/** One group of a layer: its own rows and inputs. */
export interface GroupProblem {
  /** What the rows should be, if they need not be cheap: they make up for errors of the layers before. */
  target: Matrix;
  /** H, centred where the layer has a bias and shrunk; not damped. A solver may change it. */
  gram: Matrix;
  factor: InputFactor;
}

/** What a layer's cheap weights are made from. */
export interface LayerProblem {
  layer: WeightLayer;
  /** The targets of all groups. */
  rows: WeightRows;
  groups: GroupProblem[];
  /** How many inputs H sums over. */
  count: number;
  /** Mean input, `[groups, columns]`. */
  means: Float64Array;
  importance: Float32Array;
  products: MatrixProducts;
}

/** Gives the rows of a layer as they will be. */
export type LayerSolver = (problem: LayerProblem) => Promise<Float32Array>;

/** The bias of a layer that may be corrected: its values, zeros where it has none; undefined where there is no place for one. */
function biasOf(graph: Graph, node: Node, rows: number): Float32Array | undefined {
  if (node.op === 'MatMul') return undefined;
  if (node.op === 'Gemm' && (floatAttribute(node, 'alpha', 1) !== 1 || floatAttribute(node, 'beta', 1) !== 1))
    return undefined;
  const name = node.inputs[2] ?? '';
  if (name === '') return new Float32Array(rows);
  const bias = graph.initializers.get(name);
  return bias?.type === 'float32' && bias.data.length === rows ? (bias.data as Float32Array) : undefined;
}

/** rows of `data` times the summed input of each row's group. */
function summedOutputs({ rows, columns, groups }: WeightRows, data: Float32Array, sums: Float64Array): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => {
    const from = Math.floor(row / (rows / groups)) * columns;
    let sum = 0;
    for (let column = 0; column < columns; column++) sum += data[row * columns + column]! * sums[from + column]!;
    return sum;
  });
}

/** Mean squared input of each column, `[groups, columns]`; never quite 0, so that dead inputs have values fitted too. */
function importanceOf({ grams, count }: GramSums): Float32Array {
  const columns = grams[0]!.columns;
  const result = new Float32Array(grams.length * columns);
  grams.forEach(({ data }, group) => {
    let sum = 0;
    for (let column = 0; column < columns; column++) sum += Math.max(0, data[column * (columns + 1)]!);
    const least = sum > 0 ? (0.01 * sum) / columns : count;
    for (let column = 0; column < columns; column++)
      result[group * columns + column] = (Math.max(0, data[column * (columns + 1)]!) + least) / count;
  });
  return result;
}

/** What second-order rounding needs from outside. */
export interface SecondOrderOptions {
  id: string;
  /** How many calibration images are looked at. */
  images: number;
  context: TechniqueContext;
}

/**
 * Reconstructs layers in the order of the graph, each on the inputs it gets from the layers already done, and moves biases so that the mean
 * of every output channel stays that of the float network. Returns a copy of the graph with the new weights in plain float32, and the
 * names of the weights that were done; layers with shared weights or inputs of unknown shape are left alone.
 */
export async function reconstructLayers(
  float: Graph,
  layers: readonly WeightLayer[],
  solve: LayerSolver,
  { id, images, context }: SecondOrderOptions,
): Promise<{ graph: Graph; done: Set<string> }> {
  const graph = copyGraph(float);
  const shapes = inferShapes(float, singleBatch(float));
  const count = Math.min(images, context.calibration.count);
  const uses = new Map<string, number>();
  for (const node of float.nodes) for (const name of node.inputs) uses.set(name, (uses.get(name) ?? 0) + 1);
  const nodes = new Map(graph.nodes.map((node, at) => [float.nodes[at]!, node]));
  const activations = new PairedActivations(graph, float, count, context, id);
  const candidates = layers.flatMap((layer): Candidate[] => {
    if (uses.get(layer.weightName) !== 1) return [];
    const probe = gramProbe(layer.node, layer.weight.shape, shapes, activations.imagesFor(nodes.get(layer.node)!));
    return probe ? [{ layer, rows: weightRows(layer), probe }] : [];
  });
  const done = new Set<string>();
  if (candidates.length === 0) return { graph, done };

  const gather = async ({ probe }: Candidate): Promise<GramSums> => {
    const total = emptySums(probe);
    let written: WrittenProbe | undefined;
    await activations.observe(
      nodes.get(probe.node)!,
      (section) => {
        const reference = activations.referenceOf(probe.node.inputs[0]!);
        written = writeProbe(section, probe, reference, new FreshNames(section));
      },
      (results) => addBatch(total, written!, results),
    );
    return total;
  };

  context.progress('reconstructing', 0, candidates.length);
  const names = new FreshNames(graph);
  const products = await MatrixProducts.open(context.threads);
  try {
    for (const candidate of candidates) {
      if (context.signal.aborted) throw new AppError('cancelled');
      const { layer, rows } = candidate;
      const total = await gather(candidate);
      const bias = biasOf(graph, layer.node, rows.rows);
      if (bias) centreGrams(total);
      const data = await solve(await layerProblem(candidate, total, products));
      graph.initializers.set(layer.weightName, weightOfRows(rows, data));
      if (bias) {
        const target = summedOutputs(rows, rows.data, total.referenceSums);
        const actual = summedOutputs(rows, data, total.sums);
        const node = nodes.get(layer.node)!;
        const name = names.next();
        node.inputs = [node.inputs[0]!, node.inputs[1]!, name];
        const corrected = bias.map((value, row) => value + (target[row]! - actual[row]!) / total.count);
        graph.initializers.set(name, float32Tensor([rows.rows], corrected));
      }
      done.add(layer.weightName);
      context.progress('reconstructing', done.size, candidates.length);
    }
  } finally {
    await products.close();
  }
  return { graph, done };
}

async function layerProblem(
  { layer, rows }: Candidate,
  total: GramSums,
  products: MatrixProducts,
): Promise<LayerProblem> {
  const { groups: count, columns } = rows;
  const perGroup = rows.rows / count;
  const importance = importanceOf(total);
  const means = total.sums.map((sum) => sum / total.count);
  const groups: GroupProblem[] = [];
  const data = new Float32Array(rows.data.length);
  for (let group = 0; group < count; group++) {
    const part = count === 1 ? rows : subMatrix(rows, group * perGroup, (group + 1) * perGroup, 0, columns);
    const gram = shrunkGram(total.grams[group]!, total.count);
    const factor = await factorInputs(gram, products);
    const target = await retarget(part, total.grams[group]!, total.crosses[group]!, factor, products);
    data.set(target.data, group * perGroup * columns);
    groups.push({ target, gram, factor });
  }
  total.grams.length = total.crosses.length = 0;
  return { layer, rows: { ...rows, data }, groups, count: total.count, means, importance, products };
}

/** Weights as a quantizer makes them. */
export function quantizing(quantizerFor: QuantizerFor): LayerSolver {
  return async ({ layer, rows, groups, importance, products }) => {
    const quantizer = quantizerFor(layer, rows, importance);
    const perGroup = rows.rows / groups.length;
    const data = new Float32Array(rows.data.length);
    for (const [group, { target, factor }] of groups.entries()) {
      const first = group * perGroup;
      const shifted: Quantizer = (row, column, value, loss) => quantizer(first + row, column, value, loss);
      data.set((await reconstruct(target, factor, shifted, products)).data, first * rows.columns);
    }
    return data;
  };
}
