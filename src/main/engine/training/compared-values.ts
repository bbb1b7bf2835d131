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

/** A map that both networks have in the same shape behind the same block. */
export interface SharedMap {
  /** Names of the value in both. */
  student: string;
  teacher: string;
  shape: number[];
}

/**
 * Maps behind the same blocks, where all that an image becomes goes through one value: the last such value behind a layer. Values go by the node that
 * gives them, since steps that store weights in few bits give values shorter names.
 */
export function sharedMaps(
  { graph: student, shapes: ours }: Shaped,
  { graph: teacher, shapes: theirs }: Shaped,
): SharedMap[] {
  const nodes = new Map(student.nodes.map((node) => [node.name, node]));
  const behind = new Map<number, SharedMap>();
  for (const { value, producer, macs } of cutPoints(teacher)) {
    const same = nodes.get(producer.name);
    const own = same?.op === producer.op ? same.outputs[producer.outputs.indexOf(value)]! : '';
    const [from, to] = [shapeIn(ours, own), shapeIn(theirs, value)];
    if (from?.length !== 4 || to?.length !== 4 || (to[2] === 1 && to[3] === 1)) continue;
    if (to.every((size, axis) => size === from[axis])) behind.set(macs, { student: own, teacher: value, shape: to });
  }
  return [...behind.values()];
}
