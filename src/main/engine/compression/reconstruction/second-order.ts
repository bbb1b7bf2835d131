import { copyGraph, type Graph } from '../../onnx/graph';
import { float32Tensor } from '../../onnx/make';
import { damp } from '../algebra/cholesky';
import { descend } from './coordinate-descent';
import { FreshNames } from '../../onnx/fresh-names';
import { believedShare, shrinkGram } from '../calibration/shrunk-gram';
import {
  correctedBias,
  importanceOf,
  visitLayers,
  type LayerInputs,
  type SecondOrderOptions,
} from '../calibration/layer-inputs';
import {
  dampingShare,
  factorInputs,
  reconstruct,
  retarget,
  type InputFactor,
  type Quantizer,
} from './layer-reconstruction';
import { subMatrix, type Matrix, type MatrixProducts } from '../algebra/matrix-products';
import type { LayerGram } from '../storage/refit-grid';
import type { WeightLayer } from '../layers/weight-layers';
import { weightOfRows, type WeightRows } from '../layers/weight-rows';

/** Turns the weights of a layer into ones that a file can hold. */
export interface LayerCoder {
  quantize: Quantizer;
  /** Fits the values of the codes chosen so far to the outputs of `target`, and gives the layer's weights anew. */
  refit(target: Float32Array, gram: LayerGram): Promise<Float32Array>;
}

/** Makes the coder of a layer. `importance` `[groups, columns]`: mean squared input of each column. */
export type CoderFor = (layer: WeightLayer, rows: WeightRows, importance: Float32Array) => LayerCoder;

/** How often all codes are looked at again and their values fitted to them; the second time layers gain about 1 % already. */
const refinements = 2;

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

/** A layer of which only the importance of its inputs and their means are known. */
export type WideProblem = Pick<LayerProblem, 'layer' | 'rows' | 'means' | 'importance'>;

/** Gives the rows of such a layer. */
export type WideSolver = (problem: WideProblem) => Promise<Float32Array>;

/**
 * Reconstructs layers in the order of the graph, each on the inputs it gets from the layers already done, and moves biases so that the mean
 * of every output channel stays that of the float network. Returns a copy of the graph with the new weights in plain float32, and the
 * names of the weights that were done; layers with shared weights or inputs of unknown shape are left alone.
 * @param start the nodes of `float`, in the same order, some of them done already
 * @param solveWide of layers of which the diagonal of H is all that is computed (`gramExtent`); absent: they are solved as others are
 */
export async function reconstructLayers(
  float: Graph,
  layers: readonly WeightLayer[],
  solve: LayerSolver,
  options: SecondOrderOptions,
  start = float,
  solveWide?: WideSolver,
): Promise<{ graph: Graph; done: Set<string> }> {
  const graph = copyGraph(start);
  const names = new FreshNames(graph);
  const done = new Set<string>();
  const visited = { ...options, takesDiagonal: solveWide !== undefined };
  await visitLayers(graph, float, layers, visited, async (inputs, node, products) => {
    const { layer, rows } = inputs;
    const data = isWide(inputs)
      ? await solveWide!(wideProblem(inputs))
      : await solve(await layerProblem(inputs, products));
    graph.initializers.set(layer.weightName, weightOfRows(rows, data));
    const bias = correctedBias(inputs, data);
    if (bias) {
      const name = names.next();
      node.inputs = [node.inputs[0]!, node.inputs[1]!, name];
      graph.initializers.set(name, float32Tensor([rows.rows], bias));
    }
    done.add(layer.weightName);
  });
  return { graph, done };
}

/**
 * Shows each layer's problem in the network as it is, which stays so.
 * @param visitWide of layers of which the diagonal of H is all that is computed; absent: they are shown as others are
 */
export async function visitProblems(
  graph: Graph,
  layers: readonly WeightLayer[],
  visit: (problem: LayerProblem) => Promise<void>,
  options: SecondOrderOptions,
  visitWide?: (problem: WideProblem) => Promise<void>,
): Promise<void> {
  const visited = { ...options, takesDiagonal: visitWide !== undefined };
  await visitLayers(graph, graph, layers, visited, async (inputs, _, products) =>
    isWide(inputs) ? visitWide!(wideProblem(inputs)) : visit(await layerProblem(inputs, products)),
  );
}

const isWide = ({ rows, total }: LayerInputs): boolean => total.grams[0]!.rows !== rows.columns;

const meansOf = ({ total }: LayerInputs): Float64Array => total.sums.map((sum) => sum / total.count);

function wideProblem(inputs: LayerInputs): WideProblem {
  const { layer, rows, total } = inputs;
  return { layer, rows, means: meansOf(inputs), importance: importanceOf(total) };
}

async function layerProblem(inputs: LayerInputs, products: MatrixProducts): Promise<LayerProblem> {
  const { layer, rows, total } = inputs;
  const { groups: count, columns } = rows;
  const perGroup = rows.rows / count;
  const importance = importanceOf(total);
  const means = meansOf(inputs);
  const groups: GroupProblem[] = [];
  const data = new Float32Array(rows.data.length);
  for (let group = 0; group < count; group++) {
    const part = count === 1 ? rows : subMatrix(rows, group * perGroup, (group + 1) * perGroup, 0, columns);
    const gram = shrinkGram(total.grams[group]!, total.count);
    const factor = await factorInputs(gram, products);
    const errors = total.errors[group];
    const share = believedShare(columns, total.count);
    const target = errors ? await retarget(part, errors, share, factor, products) : part;
    data.set(target.data, group * perGroup * columns);
    groups.push({ target, gram, factor });
  }
  // Large, and not needed any more.
  total.grams.length = total.errors.length = 0;
  return { layer, rows: { ...rows, data }, groups, count: total.count, means, importance, products };
}

/** The weights of a wide layer as a coder makes them: codes and what they stand for in turn, each weight by itself. */
export function quantizingApart(coderFor: CoderFor): WideSolver {
  return async ({ layer, rows, importance }) => {
    const coder = coderFor(layer, rows, importance);
    const { rows: outputs, columns, data: target } = rows;
    const gram: LayerGram = {
      async times(weights) {
        for (let row = 0, index = 0; row < outputs; row++)
          for (let column = 0; column < columns; column++, index++) weights[index]! *= importance[column]!;
        return weights;
      },
      diagonal: (index) => importance[index % columns]!,
    };
    for (let refinement = 1; ; refinement++) {
      for (let row = 0, index = 0; row < outputs; row++)
        for (let column = 0; column < columns; column++, index++)
          coder.quantize(row, column, target[index]!, importance[column]!);
      const data = await coder.refit(target, gram);
      if (refinement === refinements) return data;
    }
  };
}

/** Weights as a coder makes them: column by column, then by coordinate descent and least squares in turn. */
export function quantizing(coderFor: CoderFor): LayerSolver {
  return async ({ layer, rows, groups, importance, products }) => {
    const coder = coderFor(layer, rows, importance);
    const { columns } = rows;
    const perGroup = rows.rows / groups.length;
    const sizeOfGroup = perGroup * columns;
    const data = new Float32Array(rows.data.length);
    /** A group's part of all weights, in the same memory. */
    const groupOf = (all: Float32Array, group: number): Matrix => ({
      rows: perGroup,
      columns,
      data: all.subarray(group * sizeOfGroup, (group + 1) * sizeOfGroup),
    });
    const quantizers = groups.map((_, group): Quantizer => {
      const first = group * perGroup;
      return (row, column, value, loss) => coder.quantize(first + row, column, value, loss);
    });
    for (const [group, { target, factor }] of groups.entries())
      groupOf(data, group).data.set((await reconstruct(target, factor, quantizers[group]!, products)).data);

    // What the factors are of, for the refinements.
    for (const { gram } of groups) damp(gram, dampingShare);
    const gram: LayerGram = {
      async times(weights) {
        const result = new Float32Array(weights.length);
        for (const [group, own] of groups.entries())
          groupOf(result, group).data.set((await products.times(groupOf(weights, group), own.gram)).data);
        return result;
      },
      diagonal: (index) => groups[Math.floor(index / sizeOfGroup)]!.gram.data[(index % columns) * (columns + 1)]!,
    };
    for (let refinement = 0; refinement < refinements; refinement++) {
      for (const [group, own] of groups.entries())
        await descend(groupOf(data, group), own.target, own.gram, quantizers[group]!, products);
      data.set(await coder.refit(rows.data, gram));
    }
    return data;
  };
}
