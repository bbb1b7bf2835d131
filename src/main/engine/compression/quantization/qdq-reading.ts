import { intAttribute } from '../../onnx/attributes';
import { FreshNames } from '../../onnx/fresh-names';
import type { Graph, Node, Tensor } from '../../onnx/graph';
import { indexGraph, type GraphIndex } from '../../onnx/graph-index';
import { float32Tensor, makeNode } from '../../onnx/make';
import { removeDead } from '../../onnx/remove-dead';
import { channelLayout, type AffineScale, type CodeRange } from '../algebra/affine-quantization';
import { integersOf, type QdqPlan } from './qdq-plan';
import type { CodeLimits, QdqChoices } from './qdq-rewrite';

/** How a value is rounded in a file. */
interface ValueRounding extends AffineScale {
  type: CodeType;
  limits: CodeLimits;
}

/** Weights are rounded around zero, each channel or all of them with a scale. */
interface WeightRounding {
  scales: Float32Array;
  /** The codes that each scale is used with. */
  ends: CodeLimits[];
}

/** A quantized network as the float network that it rounds, and how it rounds that. */
export interface QdqReading {
  graph: Graph;
  /** By the names of values. */
  values: ReadonlyMap<string, ValueRounding>;
  /** By the names under which layers read them. */
  weights: ReadonlyMap<string, WeightRounding>;
}

const wholeTypes = { uint8: { lowest: 0, highest: 255 }, int8: { lowest: -128, highest: 127 } };
type CodeType = keyof typeof wholeTypes;

/** Integers as the numbers that they stand for, (code - zero point) scale, along an axis or with one scale for all. */
function numbersOf(codes: Tensor, scales: ArrayLike<number>, zeroPoints: ArrayLike<number>, axis: number): Tensor {
  const { channels, stride } = channelLayout(codes, scales.length > 1 ? axis : undefined);
  const numbers = Float32Array.from(codes.data as ArrayLike<number>, (code, at) => {
    const channel = Math.floor(at / stride) % channels;
    return (code - (zeroPoints[zeroPoints.length > 1 ? channel : 0] ?? 0)) * scales[channel]!;
  });
  return float32Tensor(codes.shape, numbers);
}

/** The codes of each channel of an axis, or of all where there is one scale. */
function endsOf(codes: Tensor, scales: number, axis: number): CodeLimits[] {
  const { channels, stride } = channelLayout(codes, scales > 1 ? axis : undefined);
  const ends = Array.from({ length: channels }, () => ({ lowest: 0, highest: 0 }));
  Array.from(codes.data as ArrayLike<number>).forEach((code, at) => {
    const end = ends[Math.floor(at / stride) % channels]!;
    end.lowest = Math.min(end.lowest, code);
    end.highest = Math.max(end.highest, code);
  });
  return ends;
}

/** Reads one network. */
class Reader {
  readonly values = new Map<string, ValueRounding>();
  readonly weights = new Map<string, WeightRounding>();
  readonly initializers: Graph['initializers'];
  readonly nodes: Node[] = [];
  /** What is read in place of a value. */
  private readonly sources = new Map<string, string>();
  private readonly index: GraphIndex;
  private readonly names: FreshNames;

  constructor(private readonly graph: Graph) {
    this.initializers = new Map(graph.initializers);
    this.index = indexGraph(graph);
    this.names = new FreshNames(graph);
  }

  private numbers(name = ''): ArrayLike<number> {
    return (this.graph.initializers.get(name)?.data ?? []) as ArrayLike<number>;
  }

  /** The QuantizeLinear that codes come from, and the codes that it may give. */
  private quantizationOf(codes: string): { node: Node; type: CodeType; limits: CodeLimits } | undefined {
    const producer = this.index.producer(codes);
    if (producer?.op === 'Clip') {
      const inner = this.quantizationOf(producer.inputs[0]!);
      if (!inner) return undefined;
      const { lowest, highest } = inner.limits;
      const [least, most] = [this.numbers(producer.inputs[1])[0], this.numbers(producer.inputs[2])[0]];
      return {
        ...inner,
        limits: { lowest: Math.max(lowest, least ?? lowest), highest: Math.min(highest, most ?? highest) },
      };
    }
    if (producer?.op !== 'QuantizeLinear') return undefined;
    const type = this.graph.initializers.get(producer.inputs[2] ?? '')?.type ?? 'uint8';
    return type === 'uint8' || type === 'int8' ? { node: producer, type, limits: wholeTypes[type] } : undefined;
  }

  /** A constant behind DequantizeLinear, with or without a QuantizeLinear in front of it. */
  private readConstant(node: Node, constant: Tensor): void {
    const { inputs } = node;
    const [output] = node.outputs as [string];
    const [scales, zeroPoints] = [this.numbers(inputs[1]), this.numbers(inputs[2])];
    const isFloat = constant.type === 'float32';
    const axis = intAttribute(node, 'axis', 1);
    this.initializers.set(output, isFloat ? constant : numbersOf(constant, scales, zeroPoints, axis));
    if (constant.type !== 'int32' && Array.from(zeroPoints).every((zeroPoint) => zeroPoint === 0)) {
      const ends = isFloat
        ? Array.from(scales, () => ({ lowest: 0, highest: 0 }))
        : endsOf(constant, scales.length, axis);
      this.weights.set(output, { scales: Float32Array.from(scales), ends });
    }
  }

  /** Whether the node could be read: a rounded value is the value itself, times a number where it is read with another scale than it was written with. */
  readDequantization(node: Node): boolean {
    const [codes, scaleName, zeroName] = node.inputs as [string, string, string | undefined];
    const quantization = this.quantizationOf(codes);
    const stored =
      this.graph.initializers.get(codes) ?? this.graph.initializers.get(quantization?.node.inputs[0] ?? '');
    if (stored) {
      this.readConstant(node, stored);
      return true;
    }
    const [scales, zeroPoint] = [this.numbers(scaleName), this.numbers(zeroName)[0] ?? 0];
    if (!quantization || scales.length !== 1) return false;
    const {
      type,
      limits,
      node: {
        inputs: [value, writtenName, writtenZero],
      },
    } = quantization;
    const written = this.numbers(writtenName);
    if (written.length !== 1 || (this.numbers(writtenZero)[0] ?? 0) !== zeroPoint) return false;
    const source = this.sourceOf(value!);
    const output = node.outputs[0]!;
    for (const name of [source, output]) this.values.set(name, { scale: written[0]!, zeroPoint, type, limits });
    if (scales[0] === written[0]) {
      if (this.index.isOutput(output)) this.nodes.push(makeNode('Identity', [source], [output]));
      else this.sources.set(output, source);
      return true;
    }
    const factor = this.names.next();
    this.initializers.set(factor, float32Tensor([], [scales[0]! / written[0]!]));
    this.nodes.push(makeNode('Mul', [source, factor], [output]));
    return true;
  }

  sourceOf(value: string): string {
    const source = this.sources.get(value);
    return source === undefined ? value : this.sourceOf(source);
  }
}

/**
 * The float network behind conversions to codes and back, and the scales of these.
 * @param graph with its weights decoded
 * @returns undefined where something computes with the codes themselves
 */
export function readQdq(graph: Graph): QdqReading | undefined {
  const reader = new Reader(graph);
  for (const node of graph.nodes) {
    if (node.op === 'DequantizeLinear') {
      if (!reader.readDequantization(node)) return undefined;
    } else reader.nodes.push({ ...node, inputs: node.inputs.map((input) => reader.sourceOf(input)) });
  }
  const { nodes, initializers, values, weights } = reader;
  const float = removeDead({ ...graph, nodes, initializers });
  if (float.nodes.some(({ op }) => op === 'QuantizeLinear')) return undefined;
  return { graph: float, values, weights };
}

/** Codes around zero may have one more on either side: -1 where those read have it on the other side than the range, 0 where they are more. */
function signUnder({ lowest, highest }: CodeLimits, range: CodeRange): -1 | 0 | 1 {
  if (range.zeroPoint !== 0) return 0;
  if (lowest >= range.lowest && highest <= range.highest) return 1;
  return -highest >= range.lowest && -lowest <= range.highest ? -1 : 0;
}

/** The choices with the scales that a network was read with, wherever these have as many codes as are asked for. */
export function asRead(choices: QdqChoices, { values, weights }: QdqReading, plan: QdqPlan): QdqChoices {
  const whole = wholeTypes[choices.isExplicit ? 'int8' : 'uint8'];
  const known = new Map<string, ValueRounding>();
  for (const value of plan.values) {
    const read = values.get(value);
    const group = integersOf(plan, value);
    const { lowest, highest } = choices.limitsOf?.(group) ?? whole;
    const isSame = read && read.limits.highest - read.limits.lowest === highest - lowest;
    if (isSame && (read.type === 'int8') === (choices.isExplicit ?? false)) known.set(group, read);
  }
  return {
    ...choices,
    codesOf(layer) {
      const own = choices.codesOf(layer);
      const read = weights.get(layer.weightName);
      const signs =
        read?.scales.length === own.scales.length ? read.ends.map((ends) => signUnder(ends, own.codes)) : [];
      if (!read || signs.length === 0 || signs.includes(0)) return own;
      return { scales: read.scales.map((scale, at) => scale * signs[at]!), codes: own.codes };
    },
    scaleOf(value) {
      const rescaled = plan.rescaled.get(plan.groupOf(value));
      if (!rescaled) return known.get(integersOf(plan, value)) ?? choices.scaleOf(value);
      const { scale, zeroPoint } = this.scaleOf(rescaled.source);
      return { scale: Math.fround(scale * rescaled.factor), zeroPoint };
    },
    limitsOf: (value) => {
      const own = choices.limitsOf?.(value);
      return own && (known.get(integersOf(plan, value))?.limits ?? own);
    },
  };
}
