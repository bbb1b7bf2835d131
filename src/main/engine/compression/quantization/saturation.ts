import { intAttribute, intsAttribute } from '../../onnx/attributes';
import { copyGraph, type Graph, type Node } from '../../onnx/graph';
import { makeValue } from '../../onnx/make';
import { quantizeInt8, roundHalfEven, type AffineScale } from '../algebra/affine-quantization';
import { runCalibration } from '../calibration/calibration-run';
import type { QdqPlan, QuantizedLayer } from './qdq-plan';
import type { QdqChoices } from './qdq-rewrite';
import type { RuntimeTensor } from '../calculator';
import type { TechniqueContext } from '../calibration/technique-context';

/**
 * Without VNNI, x86 processors multiply uint8 by int8 with vpmaddubsw: two neighbouring products are added in 16 bits and saturate there.
 * Here those sums are formed as ONNX Runtime's kernels form them (inputs in the order kernel row, kernel column, channel), for a sample
 * of output positions and channels on a few calibration images.
 */
const images = 4;
const positionsPerImage = 16;
const sampledChannels = 32;
/** Below this share a layer is not mentioned. */
const leastShare = 1e-6;

export interface LayerSaturation {
  /** Name of the layer. */
  layer: string;
  /** Of sums of two products. */
  share: number;
}

/** How many sums of neighbouring products leave 16 bits: inputs uint8 `[k]`, weights int8 `[rows, k]`. */
export function saturatedPairs(inputs: Uint8Array, weights: Int8Array): number {
  let saturated = 0;
  const k = inputs.length;
  for (let row = 0; row < weights.length; row += k) {
    for (let index = 0; index + 1 < k; index += 2) {
      const sum = inputs[index]! * weights[row + index]! + inputs[index + 1]! * weights[row + index + 1]!;
      if (sum > 32767 || sum < -32768) saturated++;
    }
  }
  return saturated;
}

/** Every `step`-th of `count` so that at most `wanted` are taken. */
function sample(count: number, wanted: number): number[] {
  const step = Math.max(1, count / wanted);
  return Array.from({ length: Math.min(count, wanted) }, (_, index) => Math.floor((index + 0.5) * step));
}

interface Counter {
  layer: QuantizedLayer;
  input: AffineScale;
  /** int8 codes in the shape of the weights. */
  codes: Int8Array;
  pairs: number;
  saturated: number;
}

const quantized = (value: number, { scale, zeroPoint }: AffineScale): number =>
  Math.max(0, Math.min(255, roundHalfEven(value / scale) + zeroPoint));

/** Products of rows: `x [N,K]` by a matrix whose outputs lie on `channelAxis`. */
function countMatrix(counter: Counter, { data, shape }: RuntimeTensor): void {
  const { layer, input, codes } = counter;
  const [rows = 0, columns = 0] = layer.weight.shape;
  const [outputs, k] = layer.channelAxis === 0 ? [rows, columns] : [columns, rows];
  if (shape.at(-1) !== k) return;
  const chosen = sample(outputs, sampledChannels);
  const weights = new Int8Array(chosen.length * k);
  chosen.forEach((output, row) => {
    for (let index = 0; index < k; index++)
      weights[row * k + index] = codes[layer.channelAxis === 0 ? output * k + index : index * columns + output]!;
  });
  for (const start of sample(data.length / k, positionsPerImage)) {
    const values = Uint8Array.from({ length: k }, (_, index) => quantized(Number(data[start * k + index]), input));
    counter.saturated += saturatedPairs(values, weights);
    counter.pairs += (k >> 1) * chosen.length;
  }
}

/** A two-dimensional convolution; depthwise ones have kernels of their own that do not add pairs. */
function countConvolution(counter: Counter, { data, shape }: RuntimeTensor): void {
  const { layer, input, codes } = counter;
  const { node, weight } = layer;
  const [outputs = 0, channels = 0, kernelHeight = 0, kernelWidth = 0] = weight.shape;
  const [, , height = 0, width = 0] = shape;
  if (channels === 1 || shape.length !== 4 || intAttribute(node, 'group', 1) !== 1) return;
  const [top = 0, left = 0] = intsAttribute(node, 'pads') ?? [0, 0, 0, 0];
  const [rowStride = 1, columnStride = 1] = intsAttribute(node, 'strides') ?? [1, 1];
  const [rowDilation = 1, columnDilation = 1] = intsAttribute(node, 'dilations') ?? [1, 1];
  const k = kernelHeight * kernelWidth * channels;
  const chosen = sample(outputs, sampledChannels);
  const weights = new Int8Array(chosen.length * k);
  const patch = new Uint8Array(k);
  const area = kernelHeight * kernelWidth;
  chosen.forEach((output, row) => {
    for (let tap = 0; tap < area; tap++)
      for (let channel = 0; channel < channels; channel++)
        weights[row * k + tap * channels + channel] = codes[(output * channels + channel) * area + tap]!;
  });
  const columns = Math.max(1, Math.floor(width / columnStride));
  for (const position of sample(columns * Math.max(1, Math.floor(height / rowStride)), positionsPerImage)) {
    const row = Math.floor(position / columns) * rowStride - top;
    const column = (position % columns) * columnStride - left;
    for (let tap = 0; tap < area; tap++) {
      const y = row + Math.floor(tap / kernelWidth) * rowDilation;
      const x = column + (tap % kernelWidth) * columnDilation;
      const isInside = y >= 0 && y < height && x >= 0 && x < width;
      for (let channel = 0; channel < channels; channel++) {
        const value = isInside ? Number(data[(channel * height + y) * width + x]) : 0;
        patch[tap * channels + channel] = quantized(value, input);
      }
    }
    counter.saturated += saturatedPairs(patch, weights);
    counter.pairs += (k >> 1) * chosen.length;
  }
}

/** The share of saturating sums in each layer that adds pairs, on the first calibration images, in graph order. */
export async function saturationOf(
  graph: Graph,
  plan: QdqPlan,
  choices: QdqChoices,
  { id, context }: { id: string; context: TechniqueContext },
): Promise<LayerSaturation[]> {
  const counters = new Map<Node, Counter>();
  for (const [node, layer] of plan.layers) {
    const { scales, codes } = choices.codesOf(layer);
    const safe = scales.map((scale) => scale || 1);
    const axis = choices.perChannel ? layer.channelAxis : undefined;
    counters.set(node, {
      layer,
      input: choices.scaleOf(node.inputs[0]!),
      codes: quantizeInt8(layer.weight, safe, axis, codes),
      pairs: 0,
      saturated: 0,
    });
  }
  const probed = copyGraph(graph);
  const inputs = new Set([...counters.keys()].map((node) => node.inputs[0]!));
  probed.outputs = [...inputs].map((name) => makeValue(name, 'float32', []));
  const isFixed = typeof graph.inputs[0]!.shape[0] === 'number';
  // One image at a time: whole activations of a large network take a lot of memory.
  const calibration = {
    count: context.calibration.count,
    batches: (size: number) => context.calibration.batches(isFixed ? size : 1),
  };
  await runCalibration(probed, images, { ...context, calibration }, id, (results) => {
    for (const [node, counter] of counters) {
      const count = node.op === 'Conv' ? countConvolution : countMatrix;
      count(counter, results[node.inputs[0]!]!);
    }
  });
  return [...counters.values()]
    .filter(({ pairs }) => pairs > 0)
    .map(({ layer, pairs, saturated }) => ({ layer: layer.node.name, share: saturated / pairs }));
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;

/** What people should know of these shares, if anything. @param advice how to avoid it */
export function saturationSentence(
  layers: readonly LayerSaturation[],
  advice = 'reduceRange avoids it',
): string | undefined {
  const affected = layers.filter(({ share }) => share >= leastShare).sort((a, b) => b.share - a.share);
  const worst = affected[0];
  if (!worst) return undefined;
  const count = `${affected.length} of ${layers.length} layers`;
  return `On processors without VNNI, sums of two products saturate in ${count} (most in "${worst.layer}": ${percent(worst.share)}), so answers there may differ from those measured here; ${advice}.`;
}
