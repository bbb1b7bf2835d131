import type { TfliteOption } from '../../model';
import type { ConversionRule } from '../rule';
import type { Operation } from '../operation';
import { numbersOf } from '../placement';
import type { Constant, Stored, Value } from '../value';

/** A value seen with `rank` axes: leading axes of size 1 are added. */
function ofRank<T extends Value>(value: T, rank: number): T {
  const shape = [...new Array<number>(rank - value.shape.length).fill(1), ...value.shape];
  const shift = rank - value.shape.length;
  if (value.kind === 'constant' && value.quantization)
    return { ...value, shape, quantization: { ...value.quantization, axis: value.quantization.axis + shift } };
  return { ...value, shape };
}

/** The order of axes for operands of one operator: that of the largest one, so that smaller ones are moved. */
function commonAxes(operation: Operation, values: readonly Value[], rank: number): number[] {
  const stored = values.filter((value): value is Stored => value.kind === 'stored');
  const largest = stored.reduce<Stored | undefined>(
    (most, value) => (most && operation.count(most) >= operation.count(value) ? most : value),
    undefined,
  );
  return largest ? operation.axesOf(ofRank(largest, rank)) : Array.from({ length: rank }, (_, axis) => axis);
}

/** Constants keep no leading axes of size 1, so that one number is a scalar. */
function placeOperand(operation: Operation, value: Value, axes: readonly number[]): number {
  if (value.kind === 'stored' || operation.count(value) > 1) return operation.place(value, axes);
  return operation.place({ ...withLargestCode(value), shape: [] }, []);
}

/** One number in codes as 127 steps: kernels limit how much wider the steps of an operand may be than those of the result. */
function withLargestCode(constant: Constant): Constant {
  const [number = 0] = constant.type === 'INT8' && constant.quantization ? numbersOf(constant) : [];
  if (number === 0) return constant;
  const quantization = { scale: [Math.fround(Math.abs(number) / 127)], zeroPoint: [0], axis: 0 };
  return { ...constant, data: () => Int8Array.of(number < 0 ? -127 : 127), quantization };
}

/** Two operands of one broadcast shape. Operators of three and more are a chain of these. */
function combine(operation: Operation, op: string, left: Value, right: Value, isLast: boolean, fuses: boolean): Stored {
  const rank = Math.max(left.shape.length, right.shape.length);
  const operands = [ofRank(left, rank), ofRank(right, rank)] as const;
  const axes = commonAxes(operation, operands, rank);
  const shape = operands[0].shape.map((size, axis) => (size === 1 ? operands[1].shape[axis]! : size));
  if (
    rank > 4 &&
    operands.some((each) => operation.count(each) > 1 && each.shape.some((size, axis) => size !== shape[axis]))
  )
    return operation.unsupported(`of ${rank} axes that are repeated`);
  const tensors = operands.map((value) => placeOperand(operation, value, axes));
  const options: Record<string, TfliteOption> = fuses
    ? { fusedActivationFunction: isLast ? operation.activation() : 'NONE' }
    : {};
  return operation.emit(op, tensors, { shape, axes }, options);
}

/** @param fuses whether the operator can compute the activation that follows */
const binary =
  (op: string, fuses = true): ConversionRule =>
  (operation) => {
    const { inputs } = operation.node;
    let result = operation.input(0);
    if (inputs.length === 1) return result;
    for (let index = 1; index < inputs.length; index++)
      result = combine(operation, op, result, operation.input(index), index === inputs.length - 1, fuses);
    return result;
  };

/** An operator of one value, whatever its layout. */
export function unary(operation: Operation, op: string, options = {}, value: Value = operation.stored(0)): Stored {
  const stored = value as Stored;
  const axes = operation.axesOf(stored);
  return operation.emit(op, [operation.place(stored, axes)], { shape: stored.shape, axes }, options);
}

/** `value op number`, with an activation. */
export function withNumber(
  operation: Operation,
  op: string,
  value: Stored,
  number: number,
  activation = 'NONE',
): Stored {
  const axes = operation.axesOf(value);
  const options: Record<string, TfliteOption> =
    op === 'MINIMUM' || op === 'MAXIMUM' ? {} : { fusedActivationFunction: activation };
  const operands = [operation.place(value, axes), operation.floats([number])];
  return operation.emit(op, operands, { shape: value.shape, axes }, options);
}

const plain =
  (op: string): ConversionRule =>
  (operation) =>
    unary(operation, op);

const pow: ConversionRule = (operation) => {
  const exponent = operation.numbers(1);
  if (exponent?.length === 1 && exponent[0] === 2) {
    const value = operation.stored(0);
    const axes = operation.axesOf(value);
    const tensor = operation.place(value, axes);
    const options = { fusedActivationFunction: operation.activation() };
    return operation.emit('MUL', [tensor, tensor], { shape: value.shape, axes }, options);
  }
  if (exponent?.length === 1 && exponent[0] === 0.5) return unary(operation, 'SQRT');
  return combine(operation, 'POW', operation.input(0), operation.input(1), true, false);
};

const reciprocal: ConversionRule = (operation) => {
  const value = operation.stored(0);
  const axes = operation.axesOf(value);
  const options = { fusedActivationFunction: 'NONE' };
  return operation.emit(
    'DIV',
    [operation.floats([1]), operation.place(value, axes)],
    { shape: value.shape, axes },
    options,
  );
};

const unaryOperators = {
  Abs: 'ABS',
  Ceil: 'CEIL',
  Cos: 'COS',
  Exp: 'EXP',
  Floor: 'FLOOR',
  Log: 'LOG',
  Neg: 'NEG',
  Round: 'ROUND',
  Sin: 'SIN',
  Sqrt: 'SQRT',
};

export const elementwiseRules: Record<string, ConversionRule> = {
  ...Object.fromEntries(Object.entries(unaryOperators).map(([name, op]) => [name, plain(op)])),
  Add: binary('ADD'),
  Sum: binary('ADD'),
  Sub: binary('SUB'),
  Mul: binary('MUL'),
  Div: binary('DIV'),
  Max: binary('MAXIMUM', false),
  Min: binary('MINIMUM', false),
  Pow: pow,
  Reciprocal: reciprocal,
};
