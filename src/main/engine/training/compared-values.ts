import { cutPoints } from '../onnx/cut-points';
import type { Graph, Tensor } from '../onnx/graph';
import { float32Tensor } from '../onnx/make';
import { inferShapes, type TypedShape } from '../onnx/shapes';
import { featuresOf } from './logits';

/** A network with what is known of its values. */
export interface Shaped {
  graph: Graph;
  shapes: ReadonlyMap<string, TypedShape>;
}

export const shaped = (graph: Graph): Shaped => ({ graph, shapes: inferShapes(graph) });

/** Features before the classifiers of two networks, which a loss may compare. */
export interface MatchedFeatures {
  student: string;
  teacher: string;
  /** Of the teacher's. */
  shape: number[];
  /** Where the student's have another width. */
  adaptor?: Tensor;
}

/** @param areMapped whether those of another width are compared, through a map. Undefined where the networks have them at other places. */
export function matchedFeatures(
  { graph: student, shapes: ourShapes }: Shaped,
  { graph: teacher, shapes: theirShapes }: Shaped,
  areMapped: boolean,
): MatchedFeatures | undefined {
  const [ours, theirs] = [featuresOf(student), featuresOf(teacher)];
  const [from, to] = [ours && shapeIn(ourShapes, ours), theirs && shapeIn(theirShapes, theirs)];
  if (!ours || !theirs || !from || !to || from.length !== to.length || (to.length !== 2 && to.length !== 4))
    return undefined;
  if (from.some((size, axis) => (axis !== 1 || !areMapped) && size !== to[axis])) return undefined;
  const [narrow, wide] = [from[1]!, to[1]!];
  return {
    ...{ student: ours, teacher: theirs, shape: to },
    ...(narrow !== wide && { adaptor: spreading(narrow, wide, to.length) }),
  };
}

/** Each wide channel begins as one of the narrow ones, in turn. `[narrow, wide]` for a product, `[wide, narrow, 1, 1]` for a convolution. */
function spreading(narrow: number, wide: number, rank: number): Tensor {
  const data = new Float32Array(narrow * wide);
  for (let channel = 0; channel < wide; channel++)
    data[rank === 2 ? (channel % narrow) * wide + channel : channel * narrow + (channel % narrow)] = 1;
  return float32Tensor(rank === 2 ? [narrow, wide] : [wide, narrow, 1, 1], data);
}

/** With a number for every dimension; undefined where one is not known. */
export function shapeIn(shapes: Shaped['shapes'], value: string): number[] | undefined {
  const shape = shapes.get(value)?.shape;
  return shape?.every((size) => typeof size === 'number') ? shape : undefined;
}

/**
 * Maps that both networks have behind the same block in the same shape, by name: where all that an image becomes goes through one value, the last
 * such value behind a layer.
 */
export function sharedMaps({ shapes: ours }: Shaped, { graph, shapes: theirs }: Shaped): Map<string, number[]> {
  const behind = new Map<number, [string, number[]]>();
  for (const { value, macs } of cutPoints(graph)) {
    const [from, to] = [shapeIn(ours, value), shapeIn(theirs, value)];
    if (from?.length !== 4 || to?.length !== 4 || (to[2] === 1 && to[3] === 1)) continue;
    if (to.every((size, axis) => size === from[axis])) behind.set(macs, [value, to]);
  }
  return new Map(behind.values());
}
