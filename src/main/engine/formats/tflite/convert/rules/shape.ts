import { intsAttribute } from '../../../../onnx/attributes';
import { layoutOf, transposed } from '../layout';
import type { ConversionRule } from '../rule';
import { permuted, type Value } from '../value';

/** The same elements in another shape: nothing moves until somebody asks for an order of axes. */
const regroup: ConversionRule = (operation) => {
  const value = operation.input(0);
  const shape = operation.outputShape();
  if (value.kind === 'stored') return { ...value, shape };
  if ((value.quantization?.scale.length ?? 0) > 1) return operation.unsupported('of codes per channel');
  return { ...value, shape };
};

const transpose: ConversionRule = (operation) => {
  const value = operation.input(0);
  const rank = value.shape.length;
  const permutation =
    intsAttribute(operation.node, 'perm') ?? Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  if (value.kind === 'constant')
    return { ...permuted(value, permutation), name: `${value.name} turned ${permutation.join()}` };
  const shape = permutation.map((axis) => value.shape[axis]!);
  const layout = transposed(value.layout, value.shape, permutation);
  if (layout) return { ...value, shape, layout };
  const rows = operation.place(
    value,
    value.shape.map((_, axis) => axis),
  );
  return { ...value, shape, tensor: rows, layout: transposed(layoutOf(value.shape), value.shape, permutation)! };
};

const same: ConversionRule = (operation): Value => operation.input(0);

export const shapeRules: Record<string, ConversionRule> = {
  Identity: same,
  Dropout: same,
  Reshape: regroup,
  Flatten: regroup,
  Squeeze: regroup,
  Unsqueeze: regroup,
  Transpose: transpose,
};
