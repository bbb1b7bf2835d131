import { saidType } from '../../../../onnx/said-type';
import type { Graph, Node } from '../../../../onnx/graph';
import type { TfliteQuantization } from '../../model';
import type { ValueType } from '../value';
import { Inexpressible } from '../../../from-onnx/inexpressible';

/** int8 codes of one scale. */
export interface Codes extends ValueType {
  type: 'INT8';
  quantization: TfliteQuantization;
}

export const int8Codes = (scale: number, zeroPoint: number): Codes => ({
  type: 'INT8',
  quantization: { scale: [scale], zeroPoint: [zeroPoint], axis: 0 },
});

export const sameCodes = ({ quantization: a }: Codes, { quantization: b }: Codes): boolean =>
  a.scale[0] === b.scale[0] && a.zeroPoint[0] === b.zeroPoint[0];

/** Whether a node of the standard domain turns numbers into codes or codes into numbers. */
export const isConversion = ({ op, domain }: Node): boolean =>
  domain === '' && (op === 'QuantizeLinear' || op === 'DequantizeLinear');

/**
 * The codes of a QuantizeLinear or DequantizeLinear of activations, as int8: uint8 codes lie 128 lower, and so does their zero point.
 * @param given type of the codes where the node has no zero point. Throws `Inexpressible`
 */
export function codesOf(node: Node, graph: Graph, given: 'int8' | 'uint8' = 'uint8'): Codes {
  const [scale, zero] = [1, 2].map((input) => graph.initializers.get(node.inputs[input] ?? ''));
  if (scale?.data.length !== 1 || (zero && zero.data.length !== 1))
    throw new Inexpressible(`${node.op} with more than one scale`);
  const type = zero?.type ?? saidType(node) ?? given;
  if (type !== 'int8' && type !== 'uint8') throw new Inexpressible(`${node.op} in ${type}`);
  return int8Codes(Number(scale.data[0]), Number(zero?.data[0] ?? 0) - (type === 'uint8' ? 128 : 0));
}

/** The code of a number, halves to the even one, as QuantizeLinear has it. */
export function codeOf(value: number, { quantization }: Codes): number {
  const steps = value / quantization.scale[0]!;
  const floor = Math.floor(steps);
  const fraction = steps - floor;
  const rounded = fraction === 0.5 ? floor + (floor & 1) : Math.round(steps);
  return Math.max(-128, Math.min(127, rounded + quantization.zeroPoint[0]!));
}

/** Whether codes that saturate already do what clipping to these bounds would. */
export const rangeClips = (low: number, high: number, codes: Codes): boolean =>
  codeOf(low, codes) === -128 && codeOf(high, codes) === 127;
