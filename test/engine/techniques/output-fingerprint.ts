import { decodeWeights } from '../../../src/main/engine/compression/layers/decode-weights';
import type { Graph, Tensor } from '../../../src/main/engine/onnx/graph';
import { bytesOf } from './whole-network';
import { numbersFrom } from './small-networks';

/**
 * What a technique wrote, coarse enough to be the same on every processor. The very bytes are not: calibration runs in ONNX Runtime, whose
 * float sums differ in the last digits between AVX2, AVX-512 and NEON, so that a weight halfway between two codes falls to either. One such
 * weight moves the numbers here by less than a thousandth; other mathematics moves them by more.
 */
export interface OutputFingerprint {
  bytes: number;
  /** How often each operator occurs. */
  operators: Record<string, number>;
  /** Of every decoded constant of at least 32 numbers, in the order of the file: shape, root mean square, and its sum under random signs over that. */
  tensors: [shape: string, rms: number, projection: number][];
}

const leastNumbers = 32;
const rounded = (value: number): number => Number(value.toPrecision(5));

function describeTensor({ type, shape, data }: Tensor): OutputFingerprint['tensors'][number] {
  const random = numbersFrom(data.length);
  let [power, sum] = [0, 0];
  for (const value of data as Float32Array) {
    power += value * value;
    sum += random() < 0.5 ? value : -value;
  }
  const rms = Math.sqrt(power / data.length);
  return [`${type} ${shape.join('x')}`, rounded(rms), rounded(sum / (Math.sqrt(data.length) * (rms || 1)))];
}

export async function outputFingerprint(graph: Graph): Promise<OutputFingerprint> {
  const operators: Record<string, number> = {};
  for (const { op } of graph.nodes) operators[op] = (operators[op] ?? 0) + 1;
  const isDescribed = ({ type, data }: Tensor): boolean =>
    data.length >= leastNumbers && ['float32', 'int8', 'uint8', 'int32'].includes(type);
  const tensors = [...(await decodeWeights(graph)).initializers.values()].filter(isDescribed).map(describeTensor);
  return { bytes: bytesOf(graph), operators, tensors };
}

const mostBytesOff = 0.02;
const mostRmsOff = 0.01;
const mostProjectionOff = 0.05;

/** In what two fingerprints differ by more than processors do; empty where in nothing. */
export function differences(found: OutputFingerprint, stored: OutputFingerprint): string[] {
  const list: string[] = [];
  if (Math.abs(found.bytes - stored.bytes) > mostBytesOff * stored.bytes)
    list.push(`${found.bytes} bytes, not ${stored.bytes}`);
  const [operators, before] = [found, stored].map((each) => JSON.stringify(Object.entries(each.operators).sort()));
  if (operators !== before) list.push(`operators ${operators}, not ${before}`);
  if (found.tensors.length !== stored.tensors.length)
    return [...list, `${found.tensors.length} constants, not ${stored.tensors.length}`];
  for (const [at, [shape, rms, projection]] of found.tensors.entries()) {
    const [shapeBefore, rmsBefore, projectionBefore] = stored.tensors[at]!;
    const isSame =
      shape === shapeBefore &&
      Math.abs(rms - rmsBefore) <= mostRmsOff * Math.abs(rmsBefore) &&
      Math.abs(projection - projectionBefore) <= mostProjectionOff;
    if (!isSame)
      list.push(`constant ${at}: ${shape} ${rms} ${projection}, not ${shapeBefore} ${rmsBefore} ${projectionBefore}`);
  }
  return list;
}
