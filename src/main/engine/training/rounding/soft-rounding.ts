import { isPruned } from '../../compression/storage/few-bit-grid';
import type { AffineDecode } from '../../compression/storage/bit-planes';
import { roundToHalfReals } from '../../compression/algebra/half-reals';
import { weightRows } from '../../compression/layers/weight-rows';
import type { StoredLayer } from '../../compression/quantization/coded-layers';
import type { GradientWriter } from '../../gradients/gradient-writer';
import { FreshNames } from '../../onnx/fresh-names';
import { copyGraph, elementCount, type Graph, type Tensor } from '../../onnx/graph';
import { attr, float32Tensor } from '../../onnx/make';
import type { ParameterGroup } from '../step-graph';
import { LeadingWriter } from './leading-writer';

/**
 * Soft rounding (Nagel et al. 2020, "Up or down? Adaptive rounding for post-training quantization"): between two neighbouring codes a
 * weight takes the share h(v) = clip((zeta - gamma) sigmoid(v) + gamma, 0, 1) of the way, with zeta = 1.1 and gamma = -0.1, so that 0 and 1 are
 * reached. In the end the share is 0 or 1.
 */
const [gamma, zeta] = [-0.1, 1.1];
/**
 * The share of the way from its code that a weight begins at. From the float weights on, as in the paper, some hundred steps do not find back to roundings as
 * good as those of second order; at the code itself nothing would move it.
 */
const firstShare = 0.02;
/** Of the learning rate of the roundings, that of the factor each channel's scale is multiplied with. */
const scaleRate = 0.05;

/** A layer whose codes stand for evenly spaced values, `[rows]` of scales. */
export interface AffineLayer extends StoredLayer {
  grid: StoredLayer['grid'] & { decode: AffineDecode };
}

interface SoftNetwork {
  graph: Graph;
  parameters: Map<string, ParameterGroup>;
  /** Values that hold the shares of each layer, and how many there are of all layers together. */
  shares: string[];
  count: number;
  /** The layers with what was learned. */
  harden(learned: ReadonlyMap<string, Tensor>): AffineLayer[];
}

/** The graph with weights that are soft, beginning at the codes that the layers have; it is not changed. */
export function softenWeights(graph: Graph, layers: readonly AffineLayer[]): SoftNetwork {
  const result = copyGraph(graph);
  const names = new FreshNames(result);
  const write = new LeadingWriter(result, names);
  const parameters = new Map<string, ParameterGroup>();
  const soft = layers.map((stored) => {
    const { layer, rows, grid } = stored;
    const { scale, zeroPoint } = grid.decode;
    const perRow = [rows.rows, ...rows.shape.slice(1).map(() => 1)];
    const { low, shares, stays } = startOf(stored);
    const parameter = (part: string, shape: readonly number[], data: Float32Array, rate: number): string => {
      const name = names.like(`${layer.weightName}.${part}`);
      result.initializers.set(name, float32Tensor(shape, data));
      parameters.set(name, { weightDecay: 0, rate });
      return name;
    };
    const rounding = parameter('rounding', rows.shape, shares.map(logit), 1);
    const gain = parameter('gain', perRow, new Float32Array(rows.rows).fill(1), scaleRate);
    const stretched = write.add(write.scale(write.emit('Sigmoid', [rounding]), zeta - gamma), write.scalar(gamma));
    const share = write.emit('Clip', [stretched, write.scalar(0), write.scalar(1)]);
    const below = low.map((code, at) => code - zeroPoint[Math.floor(at / rows.columns)]!);
    const steps = write.add(share, write.store(float32Tensor(rows.shape, below)));
    const kept = stays ? write.multiply(steps, write.store(float32Tensor(rows.shape, stays))) : steps;
    const factor = write.multiply(gain, write.store(float32Tensor(perRow, scale)));
    result.initializers.delete(layer.weightName);
    const output = rows.isTransposed ? names.next() : layer.weightName;
    write.emit('Mul', [kept, factor], {}, output);
    if (rows.isTransposed) write.emit('Transpose', [output], { perm: attr.ints([1, 0]) }, layer.weightName);
    return { stored, rounding, gain, share, low, stays };
  });
  write.prepend();
  return {
    graph: result,
    parameters,
    shares: soft.map(({ share }) => share),
    count: soft.reduce((sum, { stored }) => sum + elementCount(stored.rows.shape), 0),
    harden: (learned) =>
      soft.map(({ stored, rounding, gain, low, stays }) => {
        const [logits, gains] = [rounding, gain].map((name) => learned.get(name)?.data as Float32Array | undefined);
        if (!logits || !gains) return stored;
        const { scale } = stored.grid.decode;
        // v = 0 is halfway.
        const codes = Uint8Array.from(low, (code, at) =>
          stays?.[at] === 0 ? stored.codes[at]! : logits[at]! >= 0 ? code + 1 : code,
        );
        const decode = {
          ...stored.grid.decode,
          scale: roundToHalfReals(scale.map((value, row) => value * gains[row]!)),
        };
        return { ...stored, codes, grid: { ...stored.grid, decode } };
      }),
  };
}

/** v with h(v) = `share`. */
function logit(share: number): number {
  const probability = (share - gamma) / (zeta - gamma);
  return Math.log(probability / (1 - probability));
}

/**
 * The lower of the two codes that each weight may take, and its share of the way to the upper one: the code it has and the one beside it on
 * the side of the float weight. Zeros of a pruned layer stay.
 */
function startOf({ layer, rows, grid, codes }: AffineLayer): {
  low: Float32Array;
  shares: Float32Array;
  stays?: Float32Array;
} {
  const weights = weightRows(layer);
  const { scale, zeroPoint } = grid.decode;
  const top = 2 ** grid.bits - 1;
  const low = new Float32Array(codes.length);
  const shares = new Float32Array(codes.length);
  for (const [at, code] of codes.entries()) {
    const row = Math.floor(at / rows.columns);
    const exact = scale[row] === 0 ? code : weights.data[at]! / scale[row]! + zeroPoint[row]!;
    low[at] = Math.min(top - 1, Math.max(0, exact < code ? code - 1 : code));
    shares[at] = code > low[at] ? 1 - firstShare : firstShare;
  }
  if (grid.zeroCode === undefined || !isPruned(weights)) return { low, shares };
  return { low, shares, stays: weights.data.map((weight) => (weight === 0 ? 0 : 1)) };
}

/**
 * How undecided the shares are, from 0 to 1: the mean of 1 - |2 h - 1|^power over all (Nagel et al. 2020, equation 24). A high power leaves all but
 * those near 0 and 1 alone.
 * @param power name of a value `[1]`
 */
export function indecision(write: GradientWriter, { shares, count }: SoftNetwork, power: string): string {
  const sums = shares.map((share) => {
    const distance = write.emit('Abs', [write.subtract(write.scale(share, 2), write.scalar(1))]);
    // Exp and Log have fast kernels, Pow has not; halfway has no logarithm.
    const logarithm = write.emit('Log', [write.add(distance, write.scalar(1e-6))]);
    return write.sum(write.emit('Exp', [write.multiply(logarithm, power)]));
  });
  const decided = write.scale(write.add(...(sums as [string, ...string[]])), 1 / count);
  return write.subtract(write.scalar(1), decided);
}
