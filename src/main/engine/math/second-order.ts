import { copyGraph, type Graph } from '../onnx/graph';
import { float32Tensor } from '../onnx/make';
import { damp } from './cholesky';
import { descend } from './coordinate-descent';
import { FreshNames } from './fresh-names';
import { shrunkGram } from './gram';
import { correctedBias, importanceOf, visitLayers, type LayerInputs, type SecondOrderOptions } from './layer-inputs';
import {
  dampingShare,
  factorInputs,
  reconstruct,
  retarget,
  type InputFactor,
  type Quantizer,
} from './layer-reconstruction';
import { subMatrix, type Matrix, type MatrixProducts } from './matrix-products';
import type { LayerGram } from './refit-grid';
import type { WeightLayer } from './weight-layers';
import { weightOfRows, type WeightRows } from './weight-rows';

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

/**
 * Reconstructs layers in the order of the graph, each on the inputs it gets from the layers already done, and moves biases so that the mean
 * of every output channel stays that of the float network. Returns a copy of the graph with the new weights in plain float32, and the
 * names of the weights that were done; layers with shared weights or inputs of unknown shape are left alone.
 */
export async function reconstructLayers(
  float: Graph,
  layers: readonly WeightLayer[],
  coderFor: CoderFor,
  options: SecondOrderOptions,
): Promise<{ graph: Graph; done: Set<string> }> {
  const graph = copyGraph(float);
  const names = new FreshNames(graph);
  const done = new Set<string>();
  await visitLayers(graph, float, layers, options, async (inputs, node, products) => {
    const { layer, rows } = inputs;
    const data = await reconstructGroups(inputs, coderFor, products);
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

async function reconstructGroups(
  { layer, rows, total }: LayerInputs,
  coderFor: CoderFor,
  products: MatrixProducts,
): Promise<Float32Array> {
  const { groups, columns } = rows;
  const perGroup = rows.rows / groups;
  const parts = Array.from({ length: groups }, (_, group) =>
    groups === 1 ? rows : subMatrix(rows, group * perGroup, (group + 1) * perGroup, 0, columns),
  );
  const importance = importanceOf(total);
  const grams = total.grams.map((gram) => shrunkGram(gram, total.count));
  const factors: InputFactor[] = [];
  const target = new Float32Array(rows.data.length);
  const sizeOfGroup = perGroup * columns;
  for (const [group, part] of parts.entries()) {
    const factor = await factorInputs(grams[group]!, products);
    // What the factor is of, for the refinements.
    damp(grams[group]!, dampingShare);
    factors.push(factor);
    const moved = await retarget(part, total.grams[group]!, total.crosses[group]!, factor, products);
    target.set(moved.data, group * sizeOfGroup);
    parts[group] = moved;
  }
  // Large, and not needed any more.
  total.grams.length = total.crosses.length = 0;
  const coder = coderFor(layer, { ...rows, data: target }, importance);
  const data = new Float32Array(rows.data.length);
  const quantizers = parts.map((_, group): Quantizer => {
    const first = group * perGroup;
    return (row, column, value, loss) => coder.quantize(first + row, column, value, loss);
  });
  /** A group's part of all weights, in the same memory. */
  const groupOf = (all: Float32Array, group: number): Matrix => ({
    rows: perGroup,
    columns,
    data: all.subarray(group * sizeOfGroup, (group + 1) * sizeOfGroup),
  });
  for (const [group, part] of parts.entries())
    groupOf(data, group).data.set((await reconstruct(part, factors[group]!, quantizers[group]!, products)).data);
  factors.length = 0;

  const gram: LayerGram = {
    async times(weights) {
      const result = new Float32Array(weights.length);
      for (const [group, own] of grams.entries())
        groupOf(result, group).data.set((await products.times(groupOf(weights, group), own)).data);
      return result;
    },
    diagonal: (index) => grams[Math.floor(index / sizeOfGroup)]!.data[(index % columns) * (columns + 1)]!,
  };
  for (let refinement = 0; refinement < refinements; refinement++) {
    for (const [group, part] of parts.entries())
      await descend(groupOf(data, group), part, grams[group]!, quantizers[group]!, products);
    data.set(await coder.refit(target, gram));
  }
  return data;
}
