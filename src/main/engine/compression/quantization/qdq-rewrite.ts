import { copyGraph, type Graph, type Node } from '../../onnx/graph';
import { attr, float32Tensor, int32Tensor, int8Tensor, uint8Tensor } from '../../onnx/make';
import { removeDead } from '../../onnx/remove-dead';
import {
  quantizeBias,
  quantizeInt8,
  roundHalfEven,
  scalesThatHoldBias,
  uint8Scale,
  type AffineScale,
  type CodeRange,
} from '../algebra/affine-quantization';
import { FreshNames, shortenValueNames } from '../../onnx/fresh-names';
import type { QdqPlan, QuantizedLayer } from './qdq-plan';
import { joiningOps } from './quantized-operators';
import { NodeWriter } from '../../onnx/node-writer';
import { boundsOf } from './value-bounds';
import { storeInt8 } from '../storage/store-int8';
import type { WeightCodes } from '../storage/weight-codes';

/** From this many channels on, a node that multiplies two scales is smaller than the product stored. */
const computedScaleChannels = 16;

export interface QdqChoices {
  /** One weight scale per output channel, or one for the layer. */
  perChannel: boolean;
  codesOf(layer: QuantizedLayer): WeightCodes;
  /** QLinearConv and QLinearMatMul need the zero point of weights that a QDQ convolution may leave out. */
  withZeroPoints?: boolean;
  /**
   * For builders that fuse by themselves and take no zero points: int8 activations around zero, biases in float, weights as plain int8 whatever
   * their zeros, nothing in the way of fusing.
   */
  isExplicit?: boolean;
  /** Scale of a quantized value. */
  scaleOf(value: string): AffineScale;
  /** The codes that a value may take where those are fewer than its type holds. */
  limitsOf?(value: string): CodeLimits | undefined;
}

export type CodeLimits = Pick<CodeRange, 'lowest' | 'highest'>;

/**
 * Writes QuantizeLinear and DequantizeLinear pairs around what a plan quantizes. One use per graph. Where pairs go is decided here, what a pair
 * consists of may be decided otherwise.
 */
export class QdqWriter extends NodeWriter {
  /** Quantized value -> its integers. */
  private readonly integers = new Map<string, string>();
  /** Quantized value -> its dequantized twin. */
  protected readonly dequantized = new Map<string, string>();
  private readonly weights = new Map<string, string>();

  constructor(
    protected readonly source: Graph,
    protected readonly plan: QdqPlan,
    protected readonly choices: QdqChoices,
  ) {
    super(copyGraph(source), new FreshNames(source));
  }

  /** A constant among the codes of values. */
  protected codeConstant(code: number): string {
    const codes = this.choices.isExplicit ? int8Tensor : uint8Tensor;
    return this.constant(codes([], [code]));
  }

  private scaleInputs(value: string): [scale: string, zeroPoint: string] {
    const { scale, zeroPoint } = this.choices.scaleOf(value);
    return [this.constant(float32Tensor([], [scale])), this.codeConstant(zeroPoint)];
  }

  /** Codes within the limits of a value. One that only moves codes of another within their limits needs none. */
  protected limited(value: string, codes: string): string {
    const limits = this.plan.derived.has(value) ? undefined : this.choices.limitsOf?.(value);
    if (!limits) return codes;
    return this.emit('Clip', [codes, this.codeConstant(limits.lowest), this.codeConstant(limits.highest)]);
  }

  protected quantizeValue(value: string, source: string, dequantized: string): void {
    const scale = this.scaleInputs(value);
    const quantized = this.limited(value, this.emit('QuantizeLinear', [source, ...scale]));
    this.integers.set(value, quantized);
    this.dequantized.set(value, this.emit('DequantizeLinear', [quantized, ...scale], {}, dequantized));
  }

  /** The integers of another value, read with a scale of their own. */
  protected rescale(value: string, source: string, output: string): void {
    const integers = this.integers.get(source)!;
    this.integers.set(value, integers);
    this.dequantized.set(value, this.emit('DequantizeLinear', [integers, ...this.scaleInputs(value)], {}, output));
  }

  /** One number as uint8 is exact, as one step away from the zero point; several have a scale of their own. */
  private quantizedConstant(name: string): string {
    const known = this.dequantized.get(name);
    if (known !== undefined) return known;
    const tensor = this.source.initializers.get(name)!;
    const values = tensor.data as Float32Array;
    const [only] = values.length === 1 ? values : [];
    const { scale, zeroPoint } =
      only === undefined
        ? uint8Scale({ min: Math.min(...values), max: Math.max(...values) })
        : { scale: Math.abs(only) || 1, zeroPoint: only < 0 ? 1 : 0 };
    const codes = Uint8Array.from(values, (value) =>
      Math.min(255, Math.max(0, roundHalfEven(value / scale) + zeroPoint)),
    );
    const stored = this.constant(uint8Tensor(tensor.shape, codes));
    const inputs = [stored, this.constant(float32Tensor([], [scale])), this.constant(uint8Tensor([], [zeroPoint]))];
    const dequantized = this.emit('DequantizeLinear', inputs);
    this.dequantized.set(name, dequantized);
    return dequantized;
  }

  /** Layers that share weights share the integers too, unless a bias asked for other scales. */
  private weightInput(
    { node, weightName, weight, channelAxis }: QuantizedLayer,
    { scales, codes }: WeightCodes,
    scaleName: string,
  ): string {
    const { perChannel } = this.choices;
    const key = [weightName, node.op, channelAxis, ...scales].join(' ');
    const known = this.weights.get(key);
    if (known !== undefined) return known;
    const integers = quantizeInt8(weight, scales, perChannel ? channelAxis : undefined, codes);
    const tensor = int8Tensor(weight.shape, integers);
    const stored = this.choices.isExplicit
      ? this.store(tensor)
      : storeInt8(this.graph, tensor, this.names, channelAxis, codes.zeroPoint);
    // Without the optional zero point, ONNX Runtime fuses Conv but not Gemm.
    const zeroPoints = new Int8Array(scales.length).fill(codes.zeroPoint);
    const zeroPoint =
      node.op === 'Conv' && codes.zeroPoint === 0 && !this.choices.withZeroPoints
        ? []
        : [this.constant(int8Tensor(perChannel ? [scales.length] : [], zeroPoints))];
    const dequantized = this.emit(
      'DequantizeLinear',
      [stored, scaleName, ...zeroPoint],
      perChannel ? { axis: attr.int(channelAxis) } : {},
    );
    this.weights.set(key, dequantized);
    return dequantized;
  }

  private biasInput(
    bias: Float32Array,
    inputScale: number,
    scales: Float32Array,
    scaleNames: [string, string],
  ): string {
    const product = scales.map((scale) => Math.fround(inputScale * scale));
    const scaleName =
      scales.length < computedScaleChannels
        ? this.constant(float32Tensor(scales.length === 1 ? [] : [scales.length], product))
        : this.emit('Mul', scaleNames);
    const stored = this.store(int32Tensor([bias.length], quantizeBias(bias, inputScale, scales)));
    return this.emit('DequantizeLinear', [stored, scaleName], scales.length === 1 ? {} : { axis: attr.int(0) });
  }

  /** What a layer reads beside its input: weights and, where it has one, the bias. */
  protected layerInputs(node: Node, layer: QuantizedLayer): string[] {
    const { perChannel, codesOf, scaleOf, isExplicit } = this.choices;
    const input = node.inputs[0]!;
    const inputScale = scaleOf(input).scale;
    const chosen = codesOf(layer);
    const scales = scalesThatHoldBias(chosen.scales, inputScale, isExplicit ? undefined : layer.bias);
    const scaleName = perChannel
      ? this.store(float32Tensor([scales.length], scales))
      : this.constant(float32Tensor([], scales));
    const inputs = [this.weightInput(layer, { ...chosen, scales }, scaleName)];
    if (layer.bias && isExplicit) inputs.push(this.store(float32Tensor([layer.bias.length], layer.bias)));
    else if (layer.bias)
      inputs.push(this.biasInput(layer.bias, inputScale, scales, [this.scaleInputs(input)[0], scaleName]));
    return inputs;
  }

  private writeLayer(node: Node, layer: QuantizedLayer): void {
    const inputs = [this.dequantized.get(node.inputs[0]!)!, ...this.layerInputs(node, layer)];
    const attributes = { ...node.attributes };
    delete attributes['beta'];
    this.nodes.push({ ...node, inputs, attributes });
  }

  private writeNode(node: Node, quantizedOutputs: ReadonlySet<string>): void {
    const layer = this.plan.layers.get(node);
    if (layer) this.writeLayer(node, layer);
    else {
      const isQuantizedNode = this.plan.nodes.has(node);
      // A float node reads what it always read, unless only the quantized form of that exists.
      const read = (input: string): string => {
        const isConstant = joiningOps.has(node.op) && this.source.initializers.has(input);
        if (isQuantizedNode && isConstant && !this.choices.isExplicit) return this.quantizedConstant(input);
        return isQuantizedNode || quantizedOutputs.has(input) ? (this.dequantized.get(input) ?? input) : input;
      };
      this.nodes.push({ ...node, inputs: node.inputs.map(read) });
    }
  }

  /**
   * An activation whose bounds hold of themselves, because codes end before them: runtimes that would drop it between a layer and all codes
   * of a type do not see that.
   */
  protected isImplied(node: Node): boolean {
    const limits = this.plan.absorbed.has(node) ? this.choices.limitsOf?.(node.outputs[0]!) : undefined;
    if (!limits) return false;
    const { scale, zeroPoint } = this.choices.scaleOf(node.outputs[0]!);
    const [low, high] = boundsOf(node, this.source);
    const [lowest, highest] = [limits.lowest, limits.highest].map((code) => Math.fround((code - zeroPoint) * scale));
    return lowest! >= low && highest! <= high;
  }

  write(): Graph {
    const values = new Set(this.plan.values);
    const outputs = new Set(this.source.outputs.map((value) => value.name));
    const byKernel = new Set<string>();
    for (const { name } of this.source.inputs) {
      if (values.has(name)) this.quantizeAs(name);
    }
    for (const node of this.source.nodes) {
      const scaling = this.plan.rescaled.get(node.outputs[0]!);
      if (scaling) {
        const [output] = node.outputs as [string];
        byKernel.add(output);
        this.rescale(output, scaling.source, outputs.has(output) ? output : this.names.next());
        continue;
      }
      if (this.isImplied(node)) {
        const [output] = node.outputs as [string];
        byKernel.add(output);
        this.quantizeValue(output, node.inputs[0]!, outputs.has(output) ? output : this.names.next());
        continue;
      }
      this.writeNode(node, byKernel);
      const written = this.nodes.at(-1)!;
      const isKernel = this.plan.nodes.has(node) || this.plan.absorbed.has(node);
      written.outputs = node.outputs.map((output) => {
        if (!values.has(output)) return output;
        if (isKernel) byKernel.add(output);
        if (!outputs.has(output) || !isKernel) {
          this.quantizeAs(output, isKernel || this.choices.isExplicit ? output : this.fenced(output));
          return output;
        }
        // The name of the network's output moves behind the last DequantizeLinear.
        const inner = this.names.next();
        this.quantizeValue(output, inner, output);
        return inner;
      });
    }
    // Decoders of sparse weights were put in front of the result's nodes.
    const decoders = this.graph.nodes.slice(0, this.graph.nodes.length - this.source.nodes.length);
    this.graph.nodes = [...decoders, ...this.nodes];
    return removeDead(this.graph);
  }

  /**
   * ONNX Runtime computes a float node between DequantizeLinear and QuantizeLinear in integers after all; to a layer it gives int8 weights of its own,
   * with one scale for all channels. A Sum of one input in front of QuantizeLinear keeps it from that, for the cost of a copy.
   */
  protected fenced(value: string): string {
    return this.emit('Sum', [value]);
  }

  private quantizeAs(value: string, source = value): void {
    this.quantizeValue(value, source, this.names.next());
  }
}

/** The graph with integer layers and operators as planned, in the QDQ form of the ONNX documentation. */
export function rewriteQdq(graph: Graph, plan: QdqPlan, choices: QdqChoices): Graph {
  const written = new QdqWriter(graph, plan, choices).write();
  shortenValueNames(written);
  return written;
}
