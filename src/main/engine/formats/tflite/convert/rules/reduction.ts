import { intsAttribute } from '../../../../onnx/attributes';
import type { Operation } from '../operation';
import type { ConversionRule } from '../rule';
import type { Stored } from '../value';
import { unary } from './elementwise';

/** Axes of a reduction: an attribute first, an input later; all where they are left out. */
function reducedAxes(operation: Operation, rank: number): number[] {
  const given = operation.has(1) ? operation.integers(1) : intsAttribute(operation.node, 'axes');
  if (operation.has(1) && !given) return operation.unsupported('along axes that are computed for each image');
  const all = Array.from({ length: rank }, (_, axis) => axis);
  if (!given || given.length === 0) return operation.integer('noop_with_empty_axes', 0) !== 0 ? [] : all;
  return given.map((axis) => operation.axis(axis, rank));
}

/** The reduction of a value; its axes stay where they lie. */
export function reduce(
  operation: Operation,
  op: string,
  value: Stored,
  reduced: readonly number[],
  keepDims: boolean,
): Stored {
  const axes = operation.axesOf(value);
  const tensor = operation.place(value, axes);
  const places = reduced.map((axis) => axes.indexOf(axis)).sort((a, b) => a - b);
  const kept = value.shape.map((_, axis) => axis).filter((axis) => !reduced.includes(axis));
  const shape = keepDims
    ? value.shape.map((size, axis) => (reduced.includes(axis) ? 1 : size))
    : kept.map((axis) => value.shape[axis]!);
  const order = keepDims ? axes : axes.filter((axis) => kept.includes(axis)).map((axis) => kept.indexOf(axis));
  return operation.emit(op, [tensor, operation.builder.integers(places)], { shape, axes: order }, { keepDims });
}

const reducing =
  (op: string, before: string | undefined = undefined, after: string | undefined = undefined): ConversionRule =>
  (operation) => {
    const given = operation.stored(0);
    const value = before ? unary(operation, before, {}, given) : given;
    const axes = reducedAxes(operation, value.shape.length);
    if (axes.length === 0) return value;
    const result = reduce(operation, op, value, axes, operation.integer('keepdims', 1) !== 0);
    return after ? unary(operation, after, {}, result) : result;
  };

const argMax =
  (op: string): ConversionRule =>
  (operation) => {
    const value = operation.stored(0);
    if (operation.integer('select_last_index', 0) !== 0) return operation.unsupported('that prefers the last');
    const axis = operation.axis(operation.integer('axis', 0), value.shape.length);
    const axes = operation.axesOf(value);
    const tensor = operation.place(value, axes);
    const place = operation.builder.integers([axes.indexOf(axis)], []);
    const left = axes.filter((each) => each !== axis).map((each) => each - Number(each > axis));
    const shape = value.shape.filter((_, each) => each !== axis);
    const result = operation.emit(op, [tensor, place], { shape, axes: left }, { outputType: 'INT64' });
    return { ...result, shape: operation.outputShape() };
  };

export const reductionRules: Record<string, ConversionRule> = {
  ReduceMean: reducing('MEAN'),
  ReduceSum: reducing('SUM'),
  ReduceMax: reducing('REDUCE_MAX'),
  ReduceMin: reducing('REDUCE_MIN'),
  ReduceProd: reducing('REDUCE_PROD'),
  ReduceSumSquare: reducing('SUM', 'SQUARE'),
  ReduceL1: reducing('SUM', 'ABS'),
  ReduceL2: reducing('SUM', 'SQUARE', 'SQRT'),
  ArgMax: argMax('ARG_MAX'),
  ArgMin: argMax('ARG_MIN'),
};
