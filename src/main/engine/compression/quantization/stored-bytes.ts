import { encodeParts } from '../../onnx/encode';
import { copyGraph, type Graph } from '../../onnx/graph';
import { float32Tensor } from '../../onnx/make';
import { storeLayers, type StoredLayer } from './coded-layers';
import { isPruned } from '../storage/few-bit-grid';
import { FreshNames } from '../../onnx/fresh-names';
import { biasValues } from '../layers/layer-constants';
import { recordStep } from '../storage/provenance';
import type { WeightForm } from '../storage/weight-forms';
import type { WeightLayer } from '../layers/weight-layers';
import { weightRows } from '../layers/weight-rows';

function bytesOf(graph: Graph): number {
  return encodeParts(graph).reduce((sum, part) => sum + part.byteLength, 0);
}

/** Numbers that differ from row to row, fit half precision as real ones do, and have 512 * `unit` as the largest. */
const standIns = (count: number, unit = 1): Float32Array =>
  Float32Array.from({ length: count }, (_, at) => unit * (512 - (at % 512)));

/** A layer as it will be stored, with other numbers: its size hardly depends on them, except where zeros are stored sparsely. */
function standInFor(layer: WeightLayer, { bits, scheme }: WeightForm): StoredLayer {
  const rows = weightRows(layer);
  const codes = new Uint8Array(rows.data.length);
  const hasZeros = isPruned(rows);
  const largest = rows.data.reduce((peak, value) => Math.max(peak, Math.abs(value)), 0);
  // Numbers in half precision share a power of two, which layers of like magnitude have in common.
  const unitFor = (value: number): number => 2 ** Math.floor(Math.log2(value > 0 ? value : 1)) / 512;
  if (scheme === 'kmeans') {
    // There are no more clusters than weights.
    const entries = Math.min(2 ** bits, rows.columns);
    const decode = { table: standIns(rows.rows * entries, unitFor(largest)) };
    if (hasZeros) codes.forEach((_, index) => (codes[index] = rows.data[index] === 0 ? 0 : 1));
    return { layer, rows, codes, grid: { bits, rowsPerGroup: 1, decode, zeroCode: hasZeros ? 0 : undefined } };
  }
  const middle = 2 ** (bits - 1);
  // Zeros of a pruned layer stay, for which 0 must be a level.
  const isSymmetric = hasZeros || scheme !== 'linear';
  const zeroPoint = isSymmetric ? new Float32Array(rows.rows).fill(middle) : standIns(rows.rows, middle / 512);
  if (isSymmetric)
    rows.data.forEach((value, index) => {
      if (value === 0) codes[index] = middle;
    });
  const decode = { scale: standIns(rows.rows, unitFor(largest / middle)), zeroPoint };
  return { layer, rows, codes, grid: { bits, rowsPerGroup: 1, decode, zeroCode: isSymmetric ? middle : undefined } };
}

/** Second-order rounding gives each layer a bias of its own. */
function withOwnBiases(graph: Graph, layers: readonly WeightLayer[]): Graph {
  const result = copyGraph(graph);
  const nodes = new Map(result.nodes.map((node, at) => [graph.nodes[at]!, node]));
  const names = new FreshNames(graph);
  for (const { node, weight, channelAxis } of layers) {
    const channels = weight.shape[channelAxis]!;
    if (!biasValues(graph, node, channels)) continue;
    const name = names.next();
    nodes.get(node)!.inputs = [node.inputs[0]!, node.inputs[1]!, name];
    result.initializers.set(name, float32Tensor([channels], new Float32Array(channels)));
  }
  return result;
}

/**
 * Predicts the bytes of the file in which layers are stored in given forms, by writing it with stand-ins for the numbers. Exact up to
 * some bytes for a number that like layers share, but for layers that are stored sparsely.
 */
export class StoredBytes {
  private readonly base: Graph;
  /** Bytes of the file if weights took none. */
  readonly besidesWeights: number;

  /** @param before what the technique was given. @param step the text of the recipe step that the file will record */
  constructor(
    private readonly before: Graph,
    plain: Graph,
    private readonly layers: readonly WeightLayer[],
    private readonly step: string,
  ) {
    this.base = withOwnBiases(plain, layers);
    const bare = copyGraph(this.base);
    for (const { weightName, weight } of layers)
      bare.initializers.set(weightName, { ...weight, shape: [0], data: new Float32Array(0) });
    this.besidesWeights = this.bytesWritten(storeLayers(bare, []));
  }

  /** What one layer adds to a file, about: constants that layers share are counted each time. */
  ofLayer(layer: WeightLayer, form: WeightForm): number {
    const bare: Graph = { ...this.base, inputs: [], outputs: [], nodes: [layer.node], initializers: new Map() };
    bare.outputs = layer.node.outputs.map((name) => ({ name, type: 'float32', shape: [] }));
    bare.initializers.set(layer.weightName, layer.weight);
    const withoutWeights = { ...bare, initializers: new Map() };
    return bytesOf(storeLayers(bare, [standInFor(layer, form)])) - bytesOf(withoutWeights);
  }

  ofFile(forms: readonly WeightForm[]): number {
    const stored = this.layers.map((layer, at) => standInFor(layer, forms[at]!));
    return this.bytesWritten(storeLayers(this.base, stored));
  }

  /** Of the file that holds a finished graph. */
  bytesWritten(graph: Graph): number {
    return bytesOf(recordStep(this.before, graph, this.step));
  }
}
