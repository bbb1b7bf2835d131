import { intAttribute } from '../attributes';
import type { Dimension, ElementType } from '../graph';
import { broadcast, type RuleContext, type ShapeRule, type TypedShape } from './rule';

/** numpy.matmul: the last two dimensions multiply, those before broadcast, a vector is a row or a column. */
function product(
  context: RuleContext,
  a: TypedShape | undefined,
  b: TypedShape | undefined,
  type: ElementType | undefined,
) {
  if (!a || !b || !type) return undefined;
  if (a.shape.length === 0 || b.shape.length === 0) return context.fail('a factor has no dimensions');
  const left = a.shape.length === 1 ? [1, ...a.shape] : a.shape;
  const right = b.shape.length === 1 ? [...b.shape, 1] : b.shape;
  checkInner(context, left.at(-1), right.at(-2));
  const shape = broadcast(context, [left.slice(0, -2), right.slice(0, -2)]);
  if (a.shape.length > 1) shape.push(left.at(-2)!);
  if (b.shape.length > 1) shape.push(right.at(-1)!);
  return [{ type, shape }];
}

function checkInner(context: RuleContext, left: Dimension | undefined, right: Dimension | undefined): void {
  if (typeof left === 'number' && typeof right === 'number' && left !== right)
    context.fail(`${left} columns times ${right} rows`);
}

export const matrixRules: Record<string, ShapeRule> = {
  Gemm: (context) => {
    const { node, inputs } = context;
    const [a, b] = inputs;
    if (!a || !b) return undefined;
    if (a.shape.length !== 2 || b.shape.length !== 2) return context.fail('a factor is not a matrix');
    const [rows, inner] = intAttribute(node, 'transA', 0) ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!];
    const [height, columns] = intAttribute(node, 'transB', 0) ? [b.shape[1]!, b.shape[0]!] : [b.shape[0]!, b.shape[1]!];
    checkInner(context, inner, height);
    return [{ type: a.type, shape: [rows, columns] }];
  },
  MatMul: (context) => product(context, context.inputs[0], context.inputs[1], context.inputs[0]?.type),
  MatMulInteger: (context) => product(context, context.inputs[0], context.inputs[1], 'int32'),
  QLinearMatMul: (context) =>
    product(context, context.inputs[0], context.inputs[3], context.inputs[7]?.type ?? context.inputs[0]?.type),
};
