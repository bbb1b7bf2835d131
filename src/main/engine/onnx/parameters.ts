import { elementCount, type Graph, type Node, type Tensor } from './graph';
import type { TypedShape } from './shapes';

/** Constant inputs that are settings or statistics, not learned parameters. */
const settingInputs: Record<string, readonly number[]> = {
  BatchNormalization: [3, 4],
  Clip: [1, 2],
  DequantizeLinear: [1, 2],
  Dropout: [1, 2],
  Pad: [1, 2, 3],
  QuantizeLinear: [1, 2],
  QLinearAdd: [1, 2, 4, 5, 6, 7],
  QLinearConv: [1, 2, 4, 5, 6, 7],
  QLinearMatMul: [1, 2, 4, 5, 6, 7],
  Resize: [1, 2, 3],
  Upsample: [1],
};

/** Integer weights count only where an operator multiplies by them; other integers are shapes, axes and indices. */
const integerWeightInputs: Record<string, readonly number[]> = {
  ConvInteger: [1],
  MatMulInteger: [1],
  QLinearConv: [3, 8],
  QLinearMatMul: [3],
};

const elementwise = new Set(
  'Add Sub Mul Div Pow Max Min Where Equal Greater GreaterOrEqual Less LessOrEqual'.split(' '),
);
const floating = new Set(['float32', 'float64', 'float16', 'bfloat16']);

/** Values that are the same for every image: initializers and what is computed of them alone. */
export function constantValues(graph: Graph): Set<string> {
  const constant = new Set(graph.initializers.keys());
  for (const node of graph.nodes) {
    const isConstant = node.inputs.length > 0 && node.inputs.every((input) => input === '' || constant.has(input));
    if (isConstant) for (const output of node.outputs) constant.add(output);
  }
  return constant;
}

/**
 * The values a node uses as learned parameters. A weight that the graph decodes from a small form counts as the tensor
 * that comes out, so a quantized or packed layer has as many parameters as it had before.
 */
export function parameterInputs(
  node: Node,
  constant: ReadonlySet<string>,
  shapes: ReadonlyMap<string, TypedShape>,
): string[] {
  return node.inputs.filter((input, index) => {
    const value = shapes.get(input);
    if (!value || !constant.has(input)) return false;
    if (!floating.has(value.type)) return integerWeightInputs[node.op]?.includes(index) ?? false;
    if (settingInputs[node.op]?.includes(index)) return false;
    return !(elementwise.has(node.op) && sizeOf(value) === 1);
  });
}

export function sizeOf({ shape }: TypedShape): number {
  return elementCount(shape.filter((dimension) => typeof dimension === 'number'));
}

/** Elements that are not zero; all of them for a value that is computed in a way that is not looked through. */
export function nonZeroCount(name: string, graph: Graph, producers: ReadonlyMap<string, Node>, size: number): number {
  const tensor = graph.initializers.get(name);
  if (tensor) return tensor.type === 'int4' || tensor.type === 'uint4' ? size : countOther(tensor, 0);
  const decode = producers.get(name);
  const stored = decode?.op === 'DequantizeLinear' ? graph.initializers.get(decode.inputs[0] ?? '') : undefined;
  if (!stored || stored.data.length !== size) return size;
  return countOther(stored, commonZeroPoint(graph.initializers.get(decode?.inputs[2] ?? '')));
}

/** The integer that stands for zero, when it is the same everywhere; else 0, which over-counts. */
function commonZeroPoint(zeroPoint: Tensor | undefined): number {
  const values = Array.from((zeroPoint?.data ?? []) as ArrayLike<number>, Number);
  return values.every((value) => value === values[0]) ? (values[0] ?? 0) : 0;
}

function countOther({ type, data }: Tensor, zero: number): number {
  // A half float is -0 by its sign bit alone.
  const isSixteenBitFloat = type === 'float16' || type === 'bfloat16';
  let count = 0;
  for (let index = 0; index < data.length; index++) {
    const value = Number(data[index]);
    if ((isSixteenBitFloat ? value & 0x7fff : value) !== zero) count++;
  }
  return count;
}
