import { intAttribute } from './attributes';
import type { FreshNames } from './fresh-names';
import type { Dimension, Node, Tensor } from './graph';
import { attr, int64Tensor, makeNode } from './make';

/** Operators that, before opset 13, saw their input as a matrix: what lies before `axis` are its rows, all the rest its columns. */
export const flattening = new Set(['Softmax', 'LogSoftmax', 'Hardmax']);

/**
 * The nodes in opset 13 that compute what such a node computed before (ONNX "Operator Changelog", Softmax-1 and Softmax-11). The same node
 * where a single axis from `axis` on is longer than 1; else the matrix is made, and its result gets the shape of the input again.
 * @param shape of the input, undefined where it is not known
 * @returns undefined where `axis` counts from the end of an unknown shape
 */
export function upgradedSoftmax(
  node: Node,
  shape: readonly Dimension[] | undefined,
  names: FreshNames,
  constant: (tensor: Tensor) => string,
): Node[] | undefined {
  const given = intAttribute(node, 'axis', 1);
  const axis = given < 0 && shape ? given + shape.length : given;
  const over = (single: number): Node[] => [{ ...node, attributes: { axis: attr.int(single) } }];
  if (axis === -1 || (shape && axis === shape.length - 1)) return over(axis);
  if (axis < 0) return undefined;
  const columns = shape?.slice(axis).map((size, index) => ({ size, axis: axis + index }));
  const long = columns?.filter(({ size }) => size !== 1);
  if (long && long.length <= 1) return over(long[0]?.axis ?? axis);

  const [input = '', output = ''] = [node.inputs[0], node.outputs[0]];
  const [matrix, scores] = [names.next(), names.next()];
  const nodes = [
    makeNode('Flatten', [input], [matrix], { axis: attr.int(axis) }, ''),
    { ...node, inputs: [matrix], outputs: [scores], attributes: { axis: attr.int(1) } },
  ];
  const target = targetOf(shape, axis);
  if (target) return [...nodes, makeNode('Reshape', [scores, constant(target)], [output], {}, '')];
  const asItCame = names.next();
  return [
    ...nodes,
    makeNode('Shape', [input], [asItCame], {}, ''),
    makeNode('Reshape', [scores, asItCame], [output], {}, ''),
  ];
}

/** A shape that can be written down: of open dimensions only the rows of the matrix, which Reshape copies for a 0. */
function targetOf(shape: readonly Dimension[] | undefined, axis: number): Tensor | undefined {
  if (!shape) return undefined;
  const target = shape.map((size, index) => (index === 0 && axis === 1 && typeof size === 'string' ? 0 : size));
  return target.every((size) => typeof size === 'number') ? int64Tensor([target.length], target) : undefined;
}
