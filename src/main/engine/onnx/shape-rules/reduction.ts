import { intAttribute, intsAttribute } from '../attributes';
import { axisOf, type ShapeRule } from './rule';

/** Axes are an attribute in older opsets and an input in newer ones; none means all, unless `noop_with_empty_axes`. */
const reduce: ShapeRule = (context) => {
  const { node, inputs } = context;
  const x = inputs[0];
  if (!x) return undefined;
  const isInput = (node.inputs[1] ?? '') !== '';
  const axes = isInput ? context.knownNumbers(1) : (intsAttribute(node, 'axes') ?? []);
  if (!axes) return undefined;
  if (axes.length === 0 && intAttribute(node, 'noop_with_empty_axes', 0) !== 0) return [x];
  const reduced = new Set(axes.map((axis) => axisOf(context, axis, x.shape.length)));
  const isReduced = (axis: number): boolean => axes.length === 0 || reduced.has(axis);
  const shape =
    intAttribute(node, 'keepdims', 1) !== 0
      ? x.shape.map((size, axis) => (isReduced(axis) ? 1 : size))
      : x.shape.filter((_, axis) => !isReduced(axis));
  return [{ type: x.type, shape }];
};

const argument: ShapeRule = (context) => {
  const { node, inputs } = context;
  const x = inputs[0];
  if (!x) return undefined;
  const at = axisOf(context, intAttribute(node, 'axis', 0), x.shape.length);
  const keep = intAttribute(node, 'keepdims', 1) !== 0;
  return [{ type: 'int64', shape: x.shape.flatMap((size, axis) => (axis !== at ? [size] : keep ? [1] : [])) }];
};

export const reductionRules: Record<string, ShapeRule> = {
  ArgMax: argument,
  ArgMin: argument,
  ...Object.fromEntries(
    ['L1', 'L2', 'LogSum', 'LogSumExp', 'Max', 'Mean', 'Min', 'Prod', 'Sum', 'SumSquare'].map((name) => [
      `Reduce${name}`,
      reduce,
    ]),
  ),
  TopK: (context) => {
    const { node, inputs, opset } = context;
    const x = inputs[0];
    if (!x) return undefined;
    const at = axisOf(context, intAttribute(node, 'axis', -1), x.shape.length);
    const count = opset < 10 ? intAttribute(node, 'k', 0) : context.knownNumbers(1)?.[0];
    if (count === undefined) return undefined;
    const shape = x.shape.map((size, axis) => (axis === at ? count : size));
    return [
      { type: x.type, shape },
      { type: 'int64', shape },
    ];
  },
};
