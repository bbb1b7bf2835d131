import { z } from 'zod';
import { int8Scales, quantizeInt8 } from '../compression/algebra/affine-quantization';
import { FreshNames, shortenValueNames } from '../onnx/fresh-names';
import { NodeWriter } from '../onnx/node-writer';
import { plainGraph } from '../compression/layers/plain-graph';
import { storeInt8 } from '../compression/storage/store-int8';
import { transposeMatrix } from '../compression/algebra/transpose-matrix';
import { weightLayers, type WeightLayer } from '../compression/layers/weight-layers';
import { floatAttribute, intAttribute } from '../onnx/attributes';
import type { Graph, Node, Tensor } from '../onnx/graph';
import { attr, float32Tensor, int8Tensor, makeNode } from '../onnx/make';
import { removeDead } from '../onnx/remove-dead';
import { simplify } from '../onnx/simplify';
import { defineTechnique } from './technique';

const float32Code = 1;

/** Rewrites layers so that each run measures the range of its input and multiplies integers. One use per graph. */
class DynamicRewriter extends NodeWriter {
  private readonly quantizedInputs = new Map<string, [integers: string, scale: string, zeroPoint: string]>();
  private readonly weights = new Map<string, { integers: string; scale: string }>();

  constructor(graph: Graph) {
    super(graph, new FreshNames(graph));
  }

  /** Layers with the same input share one measurement of it. */
  private quantizedInput(value: string): [string, string, string] {
    const known = this.quantizedInputs.get(value);
    if (known) return known;
    const made: [string, string, string] = [this.names.next(), this.names.next(), this.names.next()];
    this.nodes.push(makeNode('DynamicQuantizeLinear', [value], made, {}, ''));
    this.quantizedInputs.set(value, made);
    return made;
  }

  /** Integers and scales as MatMulInteger (matrix `[inputs, outputs]`) and ConvInteger take them. */
  private integerWeights({ node, weightName, weight, channelAxis }: WeightLayer): { integers: string; scale: string } {
    const key = `${weightName} ${node.op} ${channelAxis}`;
    const known = this.weights.get(key);
    if (known) return known;
    const isConv = node.op === 'Conv';
    const float = !isConv && channelAxis === 0 ? transposeMatrix(weight) : weight;
    const axis = isConv ? 0 : 1;
    const scales = int8Scales(float, axis).map((scale) => scale || 1);
    const made = {
      integers: storeInt8(this.graph, int8Tensor(float.shape, quantizeInt8(float, scales, axis)), this.names, axis),
      scale: this.store(float32Tensor(this.channelShape(isConv, weight, scales.length), scales)),
    };
    this.weights.set(key, made);
    return made;
  }

  /** `[C, 1, 1]` beside images, `[C]` beside rows. */
  private channelShape(isConv: boolean, weight: Tensor, channels: number): number[] {
    return isConv ? [channels, ...weight.shape.slice(2).map(() => 1)] : [channels];
  }

  private biasOf({ node, weight }: WeightLayer): string | undefined {
    const name = node.op === 'MatMul' ? '' : (node.inputs[2] ?? '');
    if (name === '') return undefined;
    const bias = this.graph.initializers.get(name);
    if (node.op === 'Conv') {
      const data = bias!.data as Float32Array;
      return this.store(float32Tensor(this.channelShape(true, weight, data.length), data));
    }
    const beta = floatAttribute(node, 'beta', 1);
    if (beta === 1) return name;
    return this.store(
      float32Tensor(
        bias!.shape,
        (bias!.data as Float32Array).map((value) => value * beta),
      ),
    );
  }

  private writeLayer(layer: WeightLayer): void {
    const { node } = layer;
    const [input, inputScale, inputZero] = this.quantizedInput(node.inputs[0]!);
    const { integers, scale } = this.integerWeights(layer);
    const bias = this.biasOf(layer);
    const output = node.outputs[0]!;
    const sums = this.names.next();
    const isConv = node.op === 'Conv';
    // The node keeps its name: people know the layer by it.
    this.nodes.push(
      makeNode(
        isConv ? 'ConvInteger' : 'MatMulInteger',
        [input, integers, inputZero],
        [sums],
        isConv ? node.attributes : {},
        node.name,
      ),
    );
    const real = this.emit('Cast', [sums], { to: attr.int(float32Code) });
    const factor = this.emit('Mul', [inputScale, scale]);
    const scaled = this.emit('Mul', [real, factor], {}, bias === undefined ? output : undefined);
    if (bias !== undefined) this.emit('Add', [scaled, bias], {}, output);
  }

  rewrite(layers: ReadonlyMap<Node, WeightLayer>): Graph {
    const { nodes } = this.graph;
    const before = nodes.length;
    for (const node of [...nodes]) {
      const layer = layers.get(node);
      if (layer) this.writeLayer(layer);
      else this.nodes.push(node);
    }
    const decoders = this.graph.nodes.slice(0, this.graph.nodes.length - before);
    const written = removeDead({ ...this.graph, nodes: [...decoders, ...this.nodes] });
    shortenValueNames(written);
    return written;
  }
}

/** Whether the layer's integer form computes the same as the float one. */
function isSuitable({ node }: WeightLayer, graph: Graph): boolean {
  if (graph.initializers.has(node.inputs[0]!)) return false;
  const bias = node.inputs[2] ?? '';
  const hasConstantBias = bias === '' || graph.initializers.get(bias)?.type === 'float32';
  if (node.op !== 'Gemm') return hasConstantBias;
  const isPlain = intAttribute(node, 'transA', 0) === 0 && floatAttribute(node, 'alpha', 1) === 1;
  return isPlain && (hasConstantBias || floatAttribute(node, 'beta', 1) === 1);
}

export const quantizeDynamic = defineTechnique({
  id: 'quantize.dynamic',
  title: 'Dynamic int8 quantization',
  summary:
    'Weights in 8 bits; the range of each activation is measured while the network runs, so no calibration images are needed.',
  family: 'quantization',
  needs: [],
  version: 4,
  search: { place: 'integers', params: { scope: { choices: ['linear', 'all'] } } },
  params: z.strictObject({
    scope: z
      .enum(['linear', 'all'])
      .default('linear')
      .describe(
        'linear: fully connected layers only, as PyTorch does; all: convolutions too (smaller file, usually slower)',
      ),
  }),
  adds: 'nodes that measure activations, which few-bit weights do not have',
  handling: ({ scope }) => ({
    takes: { weights: ['float', 'sparse', 'codes'], activations: ['float'] },
    leaves: { weights: 'integers', keeps: scope === 'linear' ? ['convolutions'] : [], activations: 'dynamic' },
  }),
  async apply(graph, { scope }, { card, note }) {
    const float = simplify(await plainGraph(graph, 'quantize.dynamic', card.name));
    const chosen = weightLayers(float).filter(
      (layer) => (scope === 'all' || layer.node.op !== 'Conv') && isSuitable(layer, float),
    );
    if (chosen.length === 0) {
      note('The network has no fully connected layer, so nothing was quantized. Use scope all for its convolutions.');
      return graph;
    }
    if (chosen.some((layer) => layer.node.op === 'Conv')) {
      note(
        'Dynamic quantization of convolutions makes the file smaller, but ranges measured at run time usually make it slower.',
      );
    }
    return new DynamicRewriter(float).rewrite(new Map(chosen.map((layer) => [layer.node, layer])));
  },
});
