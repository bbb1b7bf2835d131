import { intAttribute } from '../../onnx/attributes';
import { FreshNames } from '../../onnx/fresh-names';
import type { Graph, Node, Tensor } from '../../onnx/graph';
import { indexGraph, type GraphIndex } from '../../onnx/graph-index';
import { float32Tensor, int8Tensor, makeNode } from '../../onnx/make';
import { removeDead } from '../../onnx/remove-dead';
import { saidType } from '../../onnx/said-type';
import { asymmetricActivations, channelLayout, quantizeInt8, type AffineScale } from '../algebra/affine-quantization';
import { decodeCodes } from '../algebra/decode-codes';
import type { CodeLimits } from './qdq-rewrite';

/** How a value is rounded. */
export interface ValueRounding extends AffineScale {
  limits: CodeLimits;
}

/** How weights are rounded in a file whose zero is code 0. */
export interface WeightRounding {
  codes: Tensor;
  scales: Float32Array;
  /** The axis of the scales; undefined where there is one. */
  axis: number | undefined;
  /** The file holds numbers, which it rounds when it is opened. */
  isRoundedLater: boolean;
}

/** A quantized network as the float network that it rounds, and how it rounds that. */
export interface QdqReading {
  graph: Graph;
  /** By the names of values: in uint8, as which int8 codes are 128 higher, and so is their zero point. */
  values: ReadonlyMap<string, ValueRounding>;
  /** By the names under which layers read them. */
  weights: ReadonlyMap<string, WeightRounding>;
}

/** How far from zero the codes of a value reach. */
export const reachOf = ({ scale, zeroPoint, limits }: ValueRounding): number =>
  scale * Math.max(limits.highest - zeroPoint, zeroPoint - limits.lowest);

const shifts: Partial<Record<string, number>> = { uint8: 0, int8: 128 };
const constantTypes = new Set(['int8', 'uint8', 'int16', 'uint16', 'int32', 'float32']);
const wholeInt8 = { lowest: -128, highest: 127, zeroPoint: 0 };

/** A file that rounds in a way that is not read here; the message says which. */
class Unreadable extends Error {}

/** A scale and zero point of the file. */
interface Conversion {
  scales: Float32Array;
  zeroPoints: number[];
  axis: number | undefined;
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

  /** @param shape of what is converted, where that is constant */
  private conversionOf(node: Node, shape?: readonly number[]): Conversion {
    const [scale, zero] = [1, 2].map((input) => this.graph.initializers.get(node.inputs[input] ?? ''));
    if (scale?.type !== 'float32') throw new Unreadable('a scale is no constant in 32 bits');
    if (!zero && node.inputs[2]) throw new Unreadable('a zero point is no constant');
    if (intAttribute(node, 'block_size', 0) > 0) throw new Unreadable('blocks of weights have scales of their own');
    const said = intAttribute(node, 'axis', 1);
    const isOne = scale.data.length === 1;
    const axis = isOne ? undefined : said < 0 ? said + (shape?.length ?? 0) : said;
    if (axis !== undefined && shape?.[axis] !== scale.data.length)
      throw new Unreadable(shape ? 'scales do not fit their axis' : 'an activation has a scale for each channel');
    const zeroPoints = zero ? Array.from(zero.data as ArrayLike<number>, Number) : [0];
    return { scales: scale.data as Float32Array, zeroPoints, axis };
  }

  /** The QuantizeLinear that codes come from, and the codes that it may give, in uint8. */
  private quantizationOf(codes: string): { node: Node; shift: number; limits: CodeLimits } | undefined {
    const producer = this.index.producer(codes);
    if (producer?.op === 'Clip') {
      const inner = this.quantizationOf(producer.inputs[0]!);
      if (!inner) return undefined;
      const { lowest, highest } = inner.limits;
      const bounds = [1, 2].map((input) => this.graph.initializers.get(producer.inputs[input] ?? '')?.data[0]);
      const [least, most] = bounds.map((bound) => (bound === undefined ? undefined : Number(bound) + inner.shift));
      return {
        ...inner,
        limits: { lowest: Math.max(lowest, least ?? lowest), highest: Math.min(highest, most ?? highest) },
      };
    }
    if (producer?.op !== 'QuantizeLinear') return undefined;
    const type = this.graph.initializers.get(producer.inputs[2] ?? '')?.type ?? saidType(producer) ?? 'uint8';
    const shift = shifts[type];
    if (shift === undefined) throw new Unreadable(`a value has codes in ${type}`);
    const { lowest, highest } = asymmetricActivations;
    return { node: producer, shift, limits: { lowest, highest } };
  }

  /** A constant behind DequantizeLinear, with or without a QuantizeLinear in front of it. */
  private readConstant(node: Node, constant: Tensor): void {
    const [output] = node.outputs as [string];
    const { shape, type } = constant;
    if (!constantTypes.has(type)) throw new Unreadable(`a constant has codes in ${type}`);
    const { scales, zeroPoints, axis } = this.conversionOf(node, shape);
    const isRoundedLater = type === 'float32';
    const grid = { scale: scales, zero: zeroPoints };
    const numbers = isRoundedLater
      ? (constant.data as Float32Array)
      : decodeCodes(constant.data, grid, channelLayout(constant, axis).stride);
    this.initializers.set(output, float32Tensor(shape, numbers));
    if (!['int8', 'uint8', 'float32'].includes(type) || zeroPoints.some((zeroPoint) => zeroPoint !== 0)) return;
    const codes = isRoundedLater ? int8Tensor(shape, quantizeInt8(constant, scales, axis, wholeInt8)) : constant;
    this.weights.set(output, { codes, scales, axis, isRoundedLater });
  }

  /** A rounded value is the value itself, times a number where it is read with another scale than it was written with. */
  readDequantization(node: Node): void {
    const codes = node.inputs[0]!;
    const quantization = this.quantizationOf(codes);
    const stored = this.graph.initializers.get(quantization?.node.inputs[0] ?? codes);
    if (stored) return this.readConstant(node, stored);
    if (!quantization) throw new Unreadable('an operator computes with the codes themselves');
    const { shift, limits } = quantization;
    const [written, read] = [quantization.node, node].map((conversion) => this.conversionOf(conversion));
    const [zeroPoint, readZero] = [written!.zeroPoints[0]!, read!.zeroPoints[0]!];
    if (zeroPoint !== readZero)
      throw new Unreadable('a value is read with another zero point than it was written with');
    const [source, output] = [this.sourceOf(quantization.node.inputs[0]!), node.outputs[0]!];
    const [from, to] = [written!.scales[0]!, read!.scales[0]!];
    this.note(source, { scale: from, zeroPoint: zeroPoint + shift, limits });
    this.note(output, { scale: to, zeroPoint: zeroPoint + shift, limits });
    if (from === to) {
      if (this.index.isOutput(output)) this.nodes.push(makeNode('Identity', [source], [output]));
      else this.sources.set(output, source);
      return;
    }
    const factor = this.names.next();
    this.initializers.set(factor, float32Tensor([], [to / from]));
    this.nodes.push(makeNode('Mul', [source, factor], [output]));
  }

  /** Of a value that is rounded in several ways the one that reaches furthest counts. */
  private note(value: string, rounding: ValueRounding): void {
    const known = this.values.get(value);
    if (!known || reachOf(rounding) > reachOf(known)) this.values.set(value, rounding);
  }

  sourceOf(value: string): string {
    const source = this.sources.get(value);
    return source === undefined ? value : this.sourceOf(source);
  }
}

/**
 * The float network behind conversions to codes and back, and the scales of these.
 * @param graph with its weights decoded
 * @returns in words what cannot be read, where something cannot
 */
export function readQdq(graph: Graph): QdqReading | { unreadable: string } {
  const reader = new Reader(graph);
  try {
    for (const node of graph.nodes) {
      if (node.op === 'DequantizeLinear') reader.readDequantization(node);
      else reader.nodes.push({ ...node, inputs: node.inputs.map((input) => reader.sourceOf(input)) });
    }
  } catch (thrown) {
    if (thrown instanceof Unreadable) return { unreadable: thrown.message };
    throw thrown;
  }
  const { nodes, initializers, values, weights } = reader;
  const float = removeDead({ ...graph, nodes, initializers });
  if (float.nodes.some(({ op }) => op === 'QuantizeLinear'))
    return { unreadable: 'an operator computes with the codes themselves' };
  return { graph: float, values, weights };
}
