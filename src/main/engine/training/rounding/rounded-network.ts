import { biasValues } from '../../compression/layers/layer-constants';
import type { WeightLayer } from '../../compression/layers/weight-layers';
import { weightOfRows, weightRows } from '../../compression/layers/weight-rows';
import { storeLayers, type StoredLayer } from '../../compression/quantization/coded-layers';
import { decodeCodes } from '../../compression/storage/bit-planes';
import { FreshNames } from '../../onnx/fresh-names';
import { copyGraph, type Graph, type Node, type Tensor } from '../../onnx/graph';
import { float32Tensor } from '../../onnx/make';
import { removeDead } from '../../onnx/remove-dead';
import type { ActivationSketch, FreeScale } from './activation-sketch';
import type { AffineLayer } from './soft-rounding';

/** A network whose layers have codes that change, with what the codes stand for as plain weights. */
export class RoundedNetwork {
  /** The nodes of the reference in the same order. Its constants change. */
  readonly graph: Graph;
  readonly reference: Graph;
  private readonly layers = new Map<string, AffineLayer>();
  /** Names of biases that may change, by the weights beside them. */
  private readonly biases = new Map<string, string>();
  /** Scales of activations that may change, by the values that are rounded. */
  private readonly scales: ActivationSketch['scales'];

  /** @param layers of the reference, those whose weights are rounded; where several have the same weights, these have one code */
  constructor(
    { graph, reference, scales }: ActivationSketch,
    layers: readonly WeightLayer[],
    bitsOf: (layer: WeightLayer) => number,
  ) {
    this.graph = copyGraph(graph);
    this.reference = reference;
    this.scales = scales;
    const names = new FreshNames(graph);
    for (const layer of layers) {
      const bits = bitsOf(layer);
      const zero = 2 ** (bits - 1);
      const { weightName, node } = layer;
      const rows = weightRows(layer);
      const decode = { scale: new Float32Array(rows.rows), zeroPoint: new Float32Array(rows.rows).fill(zero) };
      const grid = { bits, rowsPerGroup: 1, decode, zeroCode: zero };
      const isShared = layers.some((other) => other !== layer && other.weightName === weightName);
      this.layers.set(weightName, { layer, rows, grid, codes: new Uint8Array(rows.data.length) });
      const bias = isShared ? undefined : biasValues(reference, node, rows.rows);
      if (!bias) continue;
      const own = this.nodeOf(layer, this.graph);
      const name = names.next();
      own.inputs = [own.inputs[0]!, own.inputs[1]!, name];
      this.graph.initializers.set(name, float32Tensor([rows.rows], bias.slice()));
      this.biases.set(weightName, name);
    }
  }

  /** A layer in a graph with the same nodes in the same order. */
  private nodeOf({ node }: WeightLayer, graph: Graph): Node {
    return graph.nodes[this.reference.nodes.indexOf(node)]!;
  }

  layerOf({ weightName }: WeightLayer): AffineLayer {
    return this.layers.get(weightName)!;
  }

  biasOf({ weightName }: WeightLayer): string | undefined {
    return this.biases.get(weightName);
  }

  /** The scales of activations that may change and that nodes read. */
  scalesOf(nodes: readonly Node[]): FreeScale[] {
    const read = new Set(nodes.flatMap(({ inputs }) => inputs));
    return [...this.scales.values()].filter(({ name }) => read.has(name));
  }

  /** The scale with which a value is rounded; undefined where it may not change. */
  scaleOf(value: string): number | undefined {
    const free = this.scales.get(value);
    return free && (this.graph.initializers.get(free.name)!.data as Float32Array)[0]!;
  }

  /** Takes codes and scales. */
  take(stored: Pick<AffineLayer, 'layer' | 'codes' | 'grid'>): void {
    const { weightName } = stored.layer;
    const known = this.layers.get(weightName)!;
    const next = { ...known, codes: stored.codes, grid: { ...known.grid, decode: stored.grid.decode } };
    this.layers.set(weightName, next);
    const { rows, codes, grid } = next;
    const order = { codes, bits: grid.bits, shape: rows.shape, rowLength: rows.columns, decode: grid.decode };
    this.graph.initializers.set(weightName, weightOfRows(rows, decodeCodes(order) as Float32Array));
  }

  /** Takes another bias, or another scale of activations. */
  takeConstant(name: string, values: Tensor): void {
    this.graph.initializers.set(name, values);
  }

  /** Takes layers, and the biases beside them, as second-order rounding left them. @param graph with the same nodes in the same order */
  takeRounded(graph: Graph, coded: readonly StoredLayer[]): void {
    for (const { layer, codes, grid } of coded) {
      if ('scale' in grid.decode) this.take({ layer, codes, grid: { ...grid, decode: grid.decode } });
      const name = this.biasOf(layer);
      const bias = graph.initializers.get(this.nodeOf(layer, graph).inputs[2] ?? '');
      if (name !== undefined && bias) this.takeConstant(name, bias);
    }
  }

  /** All that may change, copied, in a fixed order: what a checkpoint holds. */
  numbers(): Float32Array[] {
    const layers = [...this.layers].flatMap(([weightName, { codes, grid }]) => {
      const bias = this.graph.initializers.get(this.biases.get(weightName) ?? '');
      const parts = [Float32Array.from(codes), grid.decode.scale.slice()];
      return bias ? [...parts, (bias.data as Float32Array).slice()] : parts;
    });
    return [...layers, ...[...this.scales.keys()].map((value) => Float32Array.of(this.scaleOf(value)!))];
  }

  /** Takes up numbers in the order of `numbers`. */
  restore(numbers: readonly Float32Array[]): void {
    let at = 0;
    for (const [weightName, { layer, grid }] of [...this.layers]) {
      const [codes, scale] = [numbers[at++]!, numbers[at++]!];
      this.take({ layer, codes: Uint8Array.from(codes), grid: { ...grid, decode: { ...grid.decode, scale } } });
      const name = this.biases.get(weightName);
      if (name !== undefined) this.takeConstant(name, float32Tensor([scale.length], numbers[at++]!));
    }
    for (const { name } of this.scales.values()) this.takeConstant(name, float32Tensor([1], numbers[at++]!));
  }

  /** The network as it is, but for some layers, which are as in the reference: what least squares begin with. */
  withFloat(layers: readonly WeightLayer[]): Graph {
    const graph = copyGraph(this.graph);
    for (const layer of layers) {
      const node = this.nodeOf(layer, graph);
      node.inputs = [node.inputs[0]!, ...layer.node.inputs.slice(1)];
      for (const name of layer.node.inputs.slice(1)) {
        const tensor = this.reference.initializers.get(name);
        if (tensor) graph.initializers.set(name, tensor);
      }
    }
    return graph;
  }

  /** A network with nodes of the same outputs, such as that without rounded activations, with the weights and biases of this one. */
  inside(plain: Graph): Graph {
    const result = copyGraph(plain);
    const own = new Map(this.graph.nodes.map((node) => [node.outputs[0], node]));
    for (const node of result.nodes) {
      if (!this.biases.has(node.inputs[1] ?? '')) continue;
      node.inputs = [node.inputs[0]!, ...own.get(node.outputs[0])!.inputs.slice(1)];
      const bias = node.inputs[2]!;
      result.initializers.set(bias, this.graph.initializers.get(bias)!);
    }
    for (const weight of this.layers.keys()) result.initializers.set(weight, this.graph.initializers.get(weight)!);
    return removeDead(result);
  }

  /** The network with its weights stored as codes. */
  stored(): Graph {
    return storeLayers(this.graph, [...this.layers.values()]);
  }
}
