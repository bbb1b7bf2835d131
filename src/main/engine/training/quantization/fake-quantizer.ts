import { integersOf, type QdqPlan, type QuantizedLayer } from '../../compression/quantization/qdq-plan';
import { QdqWriter, type QdqChoices } from '../../compression/quantization/qdq-rewrite';
import { joiningOps, sharedScaleOperators } from '../../compression/quantization/quantized-operators';
import type { EstimatedGradient } from '../../gradients/estimated-gradient';
import { floatAttribute } from '../../onnx/attributes';
import { codeOf } from '../../onnx/element-type';
import type { Graph, Node, Tensor } from '../../onnx/graph';
import { indexGraph, type GraphIndex } from '../../onnx/graph-index';
import { attr, float32Tensor, int64Tensor } from '../../onnx/make';
import type { FormedNetwork } from '../trained-form';
import { withRelativeRates } from '../relative-rate';
import { trainableParameters } from '../trainable';
import type { ParameterGroup } from '../step-graph';
import { keyOf, type LearnedQuantizers, type ValueQuantizer } from './learned-quantizers';
import { unitFactors, writeScale, type LearnedScale } from './learned-scale';
import { roundedGradient } from './rounded-activation';

/** How fast scales are learned, as factors of the learning rate of weights. */
export interface ScaleRates {
  scale: number;
  /** Of a zero point, for a range of one code. */
  zeroPoint: number;
}

/** A value's scale `[1]` and zero point, as values of the graph. */
interface WrittenScale {
  scale: string;
  zeroPoint: number | string;
  /** The zero point in the type of codes. */
  code: string;
}

/** Writes the network as a plan quantizes it, in floats that are rounded to codes, with what is learned of scales as constants. */
class FakeQuantizer extends QdqWriter {
  readonly parameters = new Map<string, ParameterGroup>();
  readonly estimated = new Map<string, EstimatedGradient>();
  /** Weights that are not trained. */
  readonly fixed = new Set<string>();
  private readonly scales = new Map<string, WrittenScale>();
  private readonly rounded = new Map<string, { weights: string; scale: string }>();
  private readonly index: GraphIndex;

  constructor(
    source: Graph,
    plan: QdqPlan,
    choices: QdqChoices,
    private readonly quantizers: LearnedQuantizers,
    private readonly rates: ScaleRates,
  ) {
    super(source, plan, choices);
    this.index = indexGraph(source);
  }

  private learn(name: string, start: Tensor, group: ParameterGroup): string {
    this.graph.initializers.set(name, start);
    this.parameters.set(name, group);
    return name;
  }

  private learnedScale(scale: LearnedScale, mask?: Tensor): string {
    this.learn(scale.factors, unitFactors(scale), { weightDecay: 0, rate: this.rates.scale, ...(mask && { mask }) });
    return writeScale(this, scale, this.estimated);
  }

  /** The scale of the integers that a value is made of. */
  private writtenScale(value: string): WrittenScale {
    const group = integersOf(this.plan, value);
    const known = this.scales.get(group);
    if (known) return known;
    const quantizer = this.quantizers.ofValue(this.source, this.plan, group);
    const scale = quantizer.isFixed ? this.store(quantizer.scale.start) : this.learnedScale(quantizer.scale);
    const written = { scale, ...this.writtenZeroPoint(quantizer) };
    this.scales.set(group, written);
    return written;
  }

  private writtenZeroPoint({
    zeroPoint,
    learnedZeroPoint,
    lowest,
    highest,
  }: ValueQuantizer): Omit<WrittenScale, 'scale'> {
    if (learnedZeroPoint === undefined) return { zeroPoint, code: this.codeConstant(zeroPoint) };
    const rate = this.rates.zeroPoint * (highest - lowest);
    this.learn(learnedZeroPoint, float32Tensor([1], [zeroPoint]), { weightDecay: 0, rate });
    const bounds = [lowest, highest].map((bound) => this.constant(float32Tensor([], [bound])));
    const whole = this.emit('Round', [this.emit('Clip', [learnedZeroPoint, ...bounds])]);
    return { zeroPoint: whole, code: this.emit('Cast', [whole], { to: attr.int(codeOf('uint8')) }) };
  }

  /** What only moves codes of the same scale is what rounding leaves as it is. */
  private isMoved(value: string): boolean {
    const producer = this.index.producer(value);
    if (!producer || !this.plan.derived.has(value) || !this.plan.nodes.has(producer)) return false;
    return sharedScaleOperators.moving.has(producer.op) || producer.op === 'Concat';
  }

  protected override quantizeValue(value: string, source: string, dequantized: string): void {
    this.dequantized.set(value, dequantized);
    if (this.isMoved(value)) {
      this.emit('Identity', [source], {}, dequantized);
      return;
    }
    const { scale, zeroPoint, code } = this.writtenScale(value);
    const codes = this.limited(value, this.emit('QuantizeLinear', [source, scale, code]));
    const y = this.emit('DequantizeLinear', [codes, scale, code], {}, dequantized);
    const { lowest, highest } = this.quantizers.ofValue(this.source, this.plan, value);
    const isPositive = zeroPoint === lowest && ['Relu', 'Clip'].includes(this.index.producer(value)?.op ?? '');
    this.estimated.set(y, roundedGradient({ x: source, y, scale, zeroPoint, lowest, highest, isPositive }));
  }

  protected override rescale(value: string, source: string, output: string): void {
    const { factor } = this.plan.rescaled.get(value)!;
    const inputs = [this.dequantized.get(source)!, this.constant(float32Tensor([], [factor]))];
    this.dequantized.set(value, this.emit('Mul', inputs, {}, output));
  }

  /** Activations are kept: what codes imply, they give too. */
  protected override isImplied(): boolean {
    return false;
  }

  /** No runtime fuses anything here. */
  protected override fenced(value: string): string {
    return value;
  }

  /** The weights of a layer as their codes hold them. */
  private roundedWeights(layer: QuantizedLayer): { weights: string; scale: string } {
    const key = keyOf(layer);
    const known = this.rounded.get(key);
    if (known) return known;
    const { scale: learned, codes, isFixed, mask } = this.quantizers.ofWeights(this.plan, layer);
    if (isFixed) this.fixed.add(layer.weightName);
    const scale = isFixed ? this.store(learned.start) : this.learnedScale(learned, mask);
    const bounds = [codes.lowest, codes.highest].map((code) =>
      this.constant(float32Tensor([], [code - codes.zeroPoint])),
    );
    const steps = this.emit('Clip', [this.emit('Div', [layer.weightName, scale]), ...bounds]);
    const written = { weights: this.emit('Mul', [this.emit('Round', [steps]), scale]), scale };
    this.rounded.set(key, written);
    return written;
  }

  protected override layerInputs(node: Node, layer: QuantizedLayer): string[] {
    const { weights, scale } = this.roundedWeights(layer);
    if (!layer.bias) return [weights];
    const beta = node.op === 'Gemm' ? floatAttribute(node, 'beta', 1) : 1;
    const name = node.inputs[2]!;
    const bias = beta === 1 ? name : this.emit('Mul', [name, this.constant(float32Tensor([], [beta]))]);
    if (this.choices.isExplicit) return [weights, bias];
    const shape = this.constant(int64Tensor([1], [-1]));
    const step = this.emit('Mul', [this.scaleRead(node.inputs[0]!), this.emit('Reshape', [scale, shape])]);
    return [weights, this.emit('Mul', [this.emit('Round', [this.emit('Div', [bias, step])]), step])];
  }

  /** The scale with which a layer reads a value, products with constants included. */
  private scaleRead(value: string): string {
    const own = this.writtenScale(value).scale;
    const rescaled = this.plan.rescaled.get(this.plan.groupOf(value));
    if (!rescaled) return own;
    return this.emit('Mul', [this.scaleRead(rescaled.source), this.constant(float32Tensor([], [rescaled.factor]))]);
  }
}

/** What a step between two codes is where weights of the size that learning rates are meant for have 8 bits. */
const usualCode = 0.0015;
/** Times as far as weights of their size move elsewhere, at most. */
const mostTimes = 16;

/** Rates of weights that are rounded follow the distance of their codes: what moves less in a training never leaves its code. */
function codeRates({ shape, data }: Tensor, { start }: LearnedScale): Tensor {
  const scales = start.data as Float32Array;
  const rateOf = (relative: number, channel: number): number =>
    Math.min(mostTimes * relative, Math.abs(scales[channel % scales.length]!) / usualCode);
  return float32Tensor(shape, (data as Float32Array).map(rateOf));
}

/** The constants that operators which join values take as codes: they are not learned. */
function codedConstants(graph: Graph, { nodes, layers }: QdqPlan): Set<string> {
  const joining = [...nodes].filter((node) => joiningOps.has(node.op) && !layers.has(node));
  return new Set(joining.flatMap(({ inputs }) => inputs).filter((input) => graph.initializers.has(input)));
}

/**
 * The network with everything rounded that a plan quantizes, as its file will compute it. Learned are weights, biases and norms as ever, and
 * scales and zero points beside them.
 * @param graph with a number for every dimension
 */
export function fakeQuantized(
  graph: Graph,
  plan: QdqPlan,
  choices: QdqChoices,
  quantizers: LearnedQuantizers,
  rates: ScaleRates,
): FormedNetwork {
  const writer = new FakeQuantizer(graph, plan, choices, quantizers, rates);
  const formed = writer.write();
  const coded = choices.isExplicit ? new Set<string>() : codedConstants(graph, plan);
  const plain = withRelativeRates(graph, trainableParameters(graph, 0));
  for (const layer of plan.layers.values()) {
    const group = plain.get(layer.weightName);
    if (typeof group?.rate === 'object') group.rate = codeRates(group.rate, quantizers.ofWeights(plan, layer).scale);
  }
  const parameters = new Map([...plain, ...writer.parameters]);
  for (const name of parameters.keys())
    if (coded.has(name) || writer.fixed.has(name) || !formed.initializers.has(name)) parameters.delete(name);
  return { graph: formed, parameters, estimated: writer.estimated };
}
