import { attr } from '../onnx/make';
import type { NodeWriter } from '../onnx/node-writer';
import type { TypedShape } from '../onnx/shapes';
import type { CutPoint } from '../onnx/cut-points';

/** A place where an exit may read: a number for each channel, the mean over positions. */
export interface ExitPlace extends CutPoint {
  channels: number;
  rank: number;
}

/** Most of a network that may come before an exit: behind its last layer there is nothing to save. */
const latest = 0.98;

/**
 * The cut points that an exit can be made at: feature maps `[N,C,H,W]`, tokens `[N,T,C]` or vectors `[N,C]`, in floats, or in the codes of a
 * QuantizeLinear. What a DequantizeLinear makes of codes is none, so that the layer after it stays with its codes.
 * @param shapes of a network for one image
 */
export function exitPlaces(points: readonly CutPoint[], shapes: ReadonlyMap<string, TypedShape>): ExitPlace[] {
  return points.flatMap((point): ExitPlace[] => {
    const { value, producer, share } = point;
    const { type, shape = [] } = shapes.get(value) ?? {};
    const isRead = producer.op === 'QuantizeLinear' || (type === 'float32' && producer.op !== 'DequantizeLinear');
    const channels = shape[shape.length === 3 ? 2 : 1];
    const isKnown = shape.length >= 2 && shape.length <= 4 && typeof channels === 'number';
    return isRead && isKnown && share > 0 && share < latest ? [{ ...point, channels, rank: shape.length }] : [];
  });
}

/**
 * Writes the features of an exit, `[N,C]`.
 * @param nameOf the name that a constant has where they are written
 */
export function writeFeatures(
  write: NodeWriter,
  { value, producer, rank }: ExitPlace,
  nameOf = (constant: string): string => constant,
): string {
  const [, ...scale] = producer.inputs;
  const { axis } = producer.attributes;
  const numbers =
    producer.op === 'QuantizeLinear'
      ? write.emit('DequantizeLinear', [value, ...scale.map(nameOf)], axis ? { axis } : {})
      : value;
  if (rank === 2) return numbers;
  const maps = rank === 3 ? write.emit('Transpose', [numbers], { perm: attr.ints([0, 2, 1]) }) : numbers;
  return write.emit('Flatten', [write.emit('GlobalAveragePool', [maps])]);
}
