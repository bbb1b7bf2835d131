import { float32Tensor } from '../../onnx/make';
import type { Tensor } from '../../onnx/graph';
import {
  asymmetricActivations,
  channelLayout,
  symmetricActivations,
  type CodeRange,
} from '../algebra/affine-quantization';
import { decodeCodes } from '../algebra/decode-codes';
import { integersOf, scalesOfPlan, type QdqPlan, type QuantizedLayer } from './qdq-plan';
import { reachOf, type QdqReading, type ValueRounding, type WeightRounding } from './qdq-reading';
import type { CodeLimits, QdqChoices } from './qdq-rewrite';

/** Between the codes of uint8 and those of int8. */
const shift = 128;

/** Choices of which some are those that a network was read with. */
interface ChoicesAsRead {
  choices: QdqChoices;
  /** Values and layers whose scales are those read. */
  taken: number;
  /** The weights of these layers, in numbers from which training may move them. */
  starts: Map<string, Tensor>;
}

/** The choices with the scales that a network was read with, wherever these have as many codes as are asked for. */
export function asRead(choices: QdqChoices, { values, weights }: QdqReading, plan: QdqPlan): ChoicesAsRead {
  const known = valuesAsRead(choices, values, plan);
  const layers = new Map<string, Float32Array>();
  const starts = new Map<string, Tensor>();
  for (const layer of plan.layers.values()) {
    const read = weights.get(layer.weightName);
    const scales = read && scalesAsRead(read, layer, choices);
    if (!scales) continue;
    layers.set(layer.weightName, scales);
    if (!read.isRoundedLater) starts.set(layer.weightName, startOf(read));
  }
  return {
    taken: known.size + layers.size,
    starts,
    choices: {
      ...choices,
      scaleOf: scalesOfPlan(plan, (value) => known.get(plan.groupOf(value)) ?? choices.scaleOf(value)),
      codesOf(layer) {
        const own = choices.codesOf(layer);
        const scales = layers.get(layer.weightName);
        return scales ? { scales, codes: own.codes } : own;
      },
      limitsOf(value) {
        const own = choices.limitsOf?.(value);
        return own && (known.get(integersOf(plan, value))?.limits ?? own);
      },
    },
  };
}

/** In the codes of the choices, by groups of values that share a scale; those whose scale follows from another one, or is that of a kernel, tell nothing. */
function valuesAsRead(
  { isExplicit = false, limitsOf }: QdqChoices,
  values: QdqReading['values'],
  plan: QdqPlan,
): Map<string, ValueRounding> {
  const furthest = new Map<string, ValueRounding>();
  for (const value of plan.values) {
    const [read, group] = [values.get(value), integersOf(plan, value)];
    if (!read || plan.derived.has(value) || plan.fixed.has(group)) continue;
    const known = furthest.get(group);
    if (!known || reachOf(read) > reachOf(known)) furthest.set(group, read);
  }
  const [whole, shifted] = isExplicit ? [symmetricActivations, shift] : [asymmetricActivations, 0];
  const wanted = new Map<string, ValueRounding>();
  for (const [group, { scale, zeroPoint, limits }] of furthest) {
    const { lowest, highest } = limitsOf?.(group) ?? whole;
    if (limits.highest - limits.lowest !== highest - lowest || (isExplicit && zeroPoint !== shift)) continue;
    const codes = { lowest: limits.lowest - shifted, highest: limits.highest - shifted };
    wanted.set(group, { scale, zeroPoint: zeroPoint - shifted, limits: codes });
  }
  return wanted;
}

/** The scales that a layer was read with, as its choices have them; undefined where codes lie beyond those asked for. */
function scalesAsRead(
  { codes, scales, axis }: WeightRounding,
  layer: QuantizedLayer,
  choices: QdqChoices,
): Float32Array | undefined {
  const own = choices.codesOf(layer);
  const isFitting = axis === undefined || (axis === layer.channelAxis && scales.length === own.scales.length);
  if (!isFitting || own.codes.zeroPoint !== 0) return undefined;
  const signs = endsOf(codes, axis).map((ends) => signUnder(ends, own.codes));
  if (signs.includes(0)) return undefined;
  return own.scales.map((_, channel) => {
    const at = axis === undefined ? 0 : channel;
    return scales[at]! * signs[at]!;
  });
}

/** The codes of each place along an axis, or of all. */
function endsOf(codes: Tensor, axis: number | undefined): CodeLimits[] {
  const { channels, stride } = channelLayout(codes, axis);
  const ends = Array.from({ length: channels }, () => ({ lowest: 0, highest: 0 }));
  const data = codes.data as ArrayLike<number>;
  for (let at = 0; at < data.length; at++) {
    const end = ends[Math.floor(at / stride) % channels]!;
    end.lowest = Math.min(end.lowest, data[at]!);
    end.highest = Math.max(end.highest, data[at]!);
  }
  return ends;
}

/** 1: the codes lie in the range, -1: their negatives do, since few bits have one code more on one side of zero; 0: neither. */
function signUnder({ lowest, highest }: CodeLimits, range: CodeRange): -1 | 0 | 1 {
  if (lowest >= range.lowest && highest <= range.highest) return 1;
  return -highest >= range.lowest && -lowest <= range.highest ? -1 : 0;
}

/** Of a step. */
const inside = 1 / 128;
/** Times as many zeros as there are codes beside zero are no rounding of weights whose density falls from zero on. */
const prunedRatio = 3;

/** Whether weights were pruned before they were rounded. */
function isPruned(codes: ArrayLike<number>): boolean {
  const counts = [0, 0, 0];
  for (let at = 0; at < codes.length; at++) {
    const place = codes[at]! + 1;
    if (place >= 0 && place <= 2) counts[place]!++;
  }
  return counts[1]! > prunedRatio * Math.max(counts[0]!, counts[2]!);
}

/**
 * The numbers of codes a little nearer to zero: training keeps a weight of 0 where it is, and one at the last code would have no gradient. Zeros of weights
 * that were pruned stay zeros.
 */
function startOf({ codes, scales, axis }: WeightRounding): Tensor {
  const data = codes.data as ArrayLike<number>;
  const zero = isPruned(data) ? 0 : inside;
  const moved = Float32Array.from(data, (code) => (code === 0 ? zero : code - Math.sign(code) * inside));
  return float32Tensor(
    codes.shape,
    decodeCodes(moved, { scale: scales, zero: [0] }, channelLayout(codes, axis).stride),
  );
}

/** How many codes a channel of the weights has at most. */
export function codesUsed({ codes, axis }: WeightRounding): number {
  const { channels, stride } = channelLayout(codes, axis);
  const used = Array.from({ length: channels }, () => new Set<number>());
  const data = codes.data as ArrayLike<number>;
  for (let at = 0; at < data.length; at++) used[Math.floor(at / stride) % channels]!.add(data[at]!);
  return Math.max(...used.map(({ size }) => size));
}
