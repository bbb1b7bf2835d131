import { floatAttribute } from '../../onnx/attributes';
import type { Node, Tensor } from '../../onnx/graph';

/** The bounds of a Clip: attributes before opset 11, inputs since; infinite where left out. Undefined where they are computed. */
export function clipBounds(
  node: Node,
  opset: number,
  constant: (name: string) => Tensor | undefined,
): [low: number, high: number] | undefined {
  if (opset < 11) return [floatAttribute(node, 'min', -Infinity), floatAttribute(node, 'max', Infinity)];
  const bounds = [1, 2].map((input) => {
    const name = node.inputs[input] ?? '';
    if (name === '') return input === 1 ? -Infinity : Infinity;
    const tensor = constant(name);
    return tensor && Number(tensor.data[0]);
  });
  const [low, high] = bounds;
  return low === undefined || high === undefined ? undefined : [low, high];
}

/** The activation that operators compute with their result, by its name in the schema; undefined for any other node. */
export function fusedActivation(
  node: Node,
  opset: number,
  constant: (name: string) => Tensor | undefined,
): 'RELU' | 'RELU6' | 'RELU_N1_TO_1' | undefined {
  if (node.op === 'Relu') return 'RELU';
  if (node.op !== 'Clip') return undefined;
  const [low, high] = clipBounds(node, opset, constant) ?? [];
  if (low === 0 && high === 6) return 'RELU6';
  if (low === -1 && high === 1) return 'RELU_N1_TO_1';
  return low === 0 && (high ?? 0) >= 3e38 ? 'RELU' : undefined;
}
