import type { Graph, Node } from '../../onnx/graph';
import type { GraphIndex } from '../../onnx/graph-index';
import type { Range } from '../algebra/affine-quantization';
import { scalarOf } from './integer-forms';

interface Gate {
  /** What gives values between the limits of its Clip. */
  output: string;
  /** Beyond these the gate's input makes no difference to it. */
  range: Range;
  closesAtZero: boolean;
}

/** The gate clip(factor * x + shift, low, high) that a node begins, with a positive factor that may be left out. */
function gateFrom(node: Node, value: string, graph: Graph, index: GraphIndex): Gate | undefined {
  const constantOf = (at: Node, read: string): number | undefined =>
    scalarOf(graph, at.inputs[0] === read ? at.inputs[1] : at.inputs[0]);
  let [factor, add, read] = [1, node as Node | undefined, value];
  if (node.op === 'Mul' || (node.op === 'Div' && node.inputs[0] === value)) {
    const number = constantOf(node, value);
    if (number === undefined || !(number > 0)) return undefined;
    factor = node.op === 'Mul' ? number : 1 / number;
    read = node.outputs[0]!;
    add = index.soleConsumer(read);
  }
  const shift = add?.op === 'Add' ? constantOf(add, read) : undefined;
  const clip = add && index.soleConsumer(add.outputs[0]!);
  if (shift === undefined || clip?.op !== 'Clip') return undefined;
  const [low, high] = [scalarOf(graph, clip.inputs[1]), scalarOf(graph, clip.inputs[2])];
  if (low === undefined || high === undefined) return undefined;
  const range = { min: (low - shift) / factor, max: (high - shift) / factor };
  return { output: clip.outputs[0]!, range, closesAtZero: low === 0 };
}

const everything: Range = { min: -Infinity, max: Infinity };
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const swish = (x: number): number => x * sigmoid(x);
/** Where x sigmoid(x) is smallest, and what it is there. */
const swishLowest = { at: -1.2785, value: -0.2785 };
/** Of 8 bits. */
const steps = 255;

/** The x below `start` at which a function that rises to 0 towards minus infinity is as near to it as `least`. */
function vanishes(curve: (x: number) => number, start: number, least: number): number {
  let x = start;
  while (Math.abs(curve(x)) > least) x -= 1 / 16;
  return x;
}

/**
 * What a sigmoid, alone or as the gate of x sigmoid(x), tells apart: below, and for the sigmoid alone also above, its result is within half a step of the end
 * of its codes. @param most the largest value seen
 */
function sigmoidRange(value: string, readers: readonly Node[], most: number, index: GraphIndex): Range | undefined {
  const gates = readers.filter(({ op }) => op === 'Sigmoid');
  if (gates.length === 0) return undefined;
  const others = readers.filter(({ op }) => op !== 'Sigmoid');
  if (others.length === 0) {
    const end = vanishes(sigmoid, 0, sigmoid(most) / steps / 2);
    return { min: end, max: -end };
  }
  const [gate] = gates;
  const isSwish =
    gates.length === 1 &&
    others.every(({ op, inputs }) => op === 'Mul' && inputs.includes(value) && inputs.includes(gate!.outputs[0]!)) &&
    index.consumers(gate!.outputs[0]!).length === others.length;
  if (!isSwish) return undefined;
  const step = (Math.max(0, swish(most)) - swishLowest.value) / steps;
  return { min: vanishes(swish, swishLowest.at, step / 2), max: Infinity };
}

/**
 * The part of a value's range that any reader can tell apart: the input of a hard-sigmoid between its corners, that of a hard-swish from its lower corner on,
 * because zero comes of all below; of a sigmoid or swish as far as its codes change. Levels spent outside are lost, and none of the answer is lost with them.
 * @param most the largest value seen
 */
export function neededRange(graph: Graph, value: string, index: GraphIndex, most: number): Range {
  if (index.isOutput(value)) return everything;
  const readers = index.consumers(value);
  const soft = sigmoidRange(value, readers, most, index);
  if (soft) return soft;
  if (readers.length > 0 && readers.every(({ op }) => op === 'HardSwish')) return { min: -3, max: Infinity };
  const gates = readers.map((reader) => gateFrom(reader, value, graph, index));
  const [gate] = gates.filter((found) => found !== undefined);
  if (!gate || gates.filter(Boolean).length > 1) return everything;
  const others = readers.filter((_, at) => !gates[at]);
  if (others.length === 0) return gate.range;
  const isSwish = others.every((reader) => reader.op === 'Mul' && reader.inputs.includes(gate.output));
  return isSwish && gate.closesAtZero ? { min: gate.range.min, max: Infinity } : everything;
}
