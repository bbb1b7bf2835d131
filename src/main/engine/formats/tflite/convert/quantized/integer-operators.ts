import { floatAttribute, intAttribute, intsAttribute, stringAttribute } from '../../../../onnx/attributes';
import type { Graph, Node } from '../../../../onnx/graph';
import type { GraphIndex } from '../../../../onnx/graph-index';
import { ownPadding, windowsOf } from '../../../from-onnx/window-padding';
import { Inexpressible } from '../../../from-onnx/inexpressible';

/** Output codes are those of the input: these move or select elements. */
export const movingOperators: ReadonlySet<string> = new Set([
  'Flatten',
  'Gather',
  'GlobalMaxPool',
  'Identity',
  'MaxPool',
  'Pad',
  'Reshape',
  'Slice',
  'Split',
  'Squeeze',
  'Transpose',
  'Unsqueeze',
]);
/** All inputs are values, or constants in codes. */
const joining = new Set(['Add', 'Concat', 'Mul', 'Sub']);
const layers = new Set(['Conv', 'Gemm', 'MatMul']);
const others = new Set([
  'AveragePool',
  'Clip',
  'GlobalAveragePool',
  'HardSwish',
  'LeakyRelu',
  'LogSoftmax',
  'Relu',
  'Sigmoid',
  'Softmax',
  'Tanh',
]);

/** Those that can compute an activation with their result. */
export const fusingOperators: ReadonlySet<string> = new Set([...layers, 'Add', 'Sub', 'Mul']);

/** Constants behind a DequantizeLinear. */
interface CodedConstant {
  node: Node;
  isPerTensor: boolean;
}

export function codedConstant(value: string, graph: Graph, index: GraphIndex): CodedConstant | undefined {
  const node = index.producer(value);
  if (node?.op !== 'DequantizeLinear' || !graph.initializers.has(node.inputs[0]!)) return undefined;
  return { node, isPerTensor: graph.initializers.get(node.inputs[1]!)?.data.length === 1 };
}

/**
 * The inputs of a node that must be codes for its int8 kernel; undefined where there is no such kernel for it.
 * Throws `Inexpressible` for weights around another zero point than 0, which no kernel takes.
 */
export function codedInputs(
  node: Node,
  graph: Graph,
  index: GraphIndex,
  shapeOf: (value: string) => readonly number[] | undefined,
): string[] | undefined {
  const [input = ''] = node.inputs;
  if (node.domain !== '') return undefined;
  if (joining.has(node.op)) {
    const variable = node.inputs.filter((each) => !codedConstant(each, graph, index));
    const isPerTensor = node.inputs.every((each) => codedConstant(each, graph, index)?.isPerTensor !== false);
    return isPerTensor && !variable.some((each) => graph.initializers.has(each)) ? variable : undefined;
  }
  if (layers.has(node.op)) return hasLayerKernel(node, graph, index, shapeOf) ? [input] : undefined;
  if (node.op === 'Pad' && !padsWithCodes(node, graph)) return undefined;
  if (node.op === 'AveragePool') return averagesPixels(node, shapeOf(input)) ? [input] : undefined;
  return others.has(node.op) || movingOperators.has(node.op) ? [input] : undefined;
}

function hasLayerKernel(
  node: Node,
  graph: Graph,
  index: GraphIndex,
  shapeOf: (value: string) => readonly number[] | undefined,
): boolean {
  const weights = codedConstant(node.inputs[1] ?? '', graph, index);
  const bias = node.inputs[2] ?? '';
  const isConstantBias = bias === '' || graph.initializers.has(bias) || codedConstant(bias, graph, index) !== undefined;
  if (!weights || !isConstantBias) return false;
  const codes = graph.initializers.get(weights.node.inputs[0]!)!;
  const isImage = node.op !== 'Conv' || (codes.shape.length === 4 && shapeOf(node.inputs[0]!)?.length === 4);
  const isPlain = intAttribute(node, 'transA', 0) === 0 && floatAttribute(node, 'alpha', 1) === 1;
  const channelAxis = node.op === 'Conv' || intAttribute(node, 'transB', 0) !== 0 ? 0 : 1;
  const axis = intAttribute(weights.node, 'axis', 1);
  const isByChannel = weights.isPerTensor || (axis + codes.shape.length) % codes.shape.length === channelAxis;
  if ((codes.type !== 'int8' && codes.type !== 'uint8') || !isImage || !isPlain || !isByChannel) return false;
  const middle = codes.type === 'uint8' ? 128 : 0;
  const zeroPoints = graph.initializers.get(weights.node.inputs[2] ?? '')?.data ?? [0];
  const isSymmetric = !Array.prototype.some.call(zeroPoints, (zero) => Number(zero) !== middle);
  // A layer of floats reads such weights as numbers.
  if (!isSymmetric && index.producer(node.inputs[0]!)?.op !== 'DequantizeLinear') return false;
  if (!isSymmetric)
    throw new Inexpressible(`${node.op} with weights whose zero point is not ${middle} ("${node.name}")`);
  return true;
}

/** The integer kernel divides by the pixels that a window covers; other ways to count are computed in floats. */
function averagesPixels(node: Node, shape: readonly number[] | undefined): boolean {
  const kernel = intsAttribute(node, 'kernel_shape');
  if (shape?.length !== 4 || !kernel) return false;
  const windows = windowsOf(node, shape.slice(2), kernel);
  const own = ownPadding(shape.slice(2), windows);
  const counts = intAttribute(node, 'count_include_pad', 0) !== 0;
  const reachesBeyond = windows.some(({ behind, named }) => behind !== named);
  return own === 'VALID' || (counts ? !reachesBeyond : own === 'SAME');
}

/** Whether a Pad adds a number or pixels of its input, which are codes of it. */
function padsWithCodes(node: Node, graph: Graph): boolean {
  const mode = stringAttribute(node, 'mode', 'constant');
  const value = node.inputs[2] ?? '';
  return mode === 'reflect' || (mode === 'constant' && (value === '' || graph.initializers.has(value)));
}
