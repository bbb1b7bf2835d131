import type { ConversionRule } from '../rule';

const binary =
  (type: string): ConversionRule =>
  (operation) =>
    operation.emit(type, { x: operation.value(0), y: operation.value(1) });

/** Of any number of operands, two at a time. */
const variadic =
  (type: string): ConversionRule =>
  (operation) => {
    const [first, ...others] = operation.node.inputs.map((_, index) => operation.value(index));
    return others.reduce((x, y) => operation.emit(type, { x, y }), first!);
  };

const simple =
  (type: string): ConversionRule =>
  (operation) =>
    operation.emit(type, { x: operation.value(0) });

/** Of a number that is so small that it can be left out in halves, zero. */
const withEpsilon =
  (type: string): ConversionRule =>
  (operation) =>
    operation.emit(type, { x: operation.value(0), epsilon: operation.number(0, 'epsilon') });

export const elementwiseRules: Record<string, ConversionRule> = {
  Add: binary('add'),
  Sum: variadic('add'),
  Sub: binary('sub'),
  Mul: binary('mul'),
  Div: binary('real_div'),
  Pow: binary('pow'),
  Max: variadic('maximum'),
  Min: variadic('minimum'),
  Abs: simple('abs'),
  Exp: simple('exp'),
  Sqrt: simple('sqrt'),
  Floor: simple('floor'),
  Ceil: simple('ceil'),
  Reciprocal: withEpsilon('inverse'),
  Neg: (operation) => operation.emit('mul', { x: operation.value(0), y: operation.number(-1, 'minus') }),
  Identity: (operation) => operation.value(0),
  Dropout: (operation) => operation.value(0),
  Cast(operation) {
    const isNumber = (type: string): boolean => /^float/.test(type);
    const to = operation.network.elementOf(operation.name);
    // Pixels come in as numbers.
    const isPixels = operation.inputType(0) === 'uint8' && operation.value(0).type === operation.builder.precision;
    if (!isNumber(to) || !(isNumber(operation.inputType(0)) || isPixels))
      return operation.unsupported(`from ${operation.inputType(0)} to ${to}`);
    return operation.value(0);
  },
};
