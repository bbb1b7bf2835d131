import type { GradientContext, GradientRule } from './rule';

/** Gives each operand its share, summed over the axes along which it was repeated. */
function broadcasting(context: GradientContext, shares: readonly (() => string)[]): (string | undefined)[] {
  const { node, isWanted, write, shapeOf } = context;
  const shape = shapeOf(node.outputs[0]!);
  return node.inputs.map((input, at) =>
    isWanted(at) ? write.reduceTo(shares[at]!(), shape, shapeOf(input)) : undefined,
  );
}

const add: GradientRule = (context) =>
  broadcasting(
    context,
    context.node.inputs.map(() => () => context.gradient),
  );

const subtract: GradientRule = (context) => {
  const { gradient, write } = context;
  return broadcasting(context, [() => gradient, () => write.negate(gradient)]);
};

const multiply: GradientRule = (context) => {
  const { node, gradient, write } = context;
  const [a, b] = [node.inputs[0]!, node.inputs[1]!];
  return broadcasting(context, [() => write.multiply(gradient, b), () => write.multiply(gradient, a)]);
};

/** y = a / b: dy / b, and - dy y / b. */
const divide: GradientRule = (context) => {
  const { node, gradient, write } = context;
  const b = node.inputs[1]!;
  return broadcasting(context, [
    () => write.divide(gradient, b),
    () => write.negate(write.divide(write.multiply(gradient, node.outputs[0]!), b)),
  ]);
};

/** y = a^b: dy b a^(b-1), and dy y ln a. */
const power: GradientRule = (context) => {
  const { node, gradient, write, known } = context;
  const [a, b] = [node.inputs[0]!, node.inputs[1]!];
  const exponent = known(1);
  const slope = (): string => {
    if (exponent?.every((each) => each === 2)) return write.scale(a, 2);
    const exponents = exponent && !(exponent instanceof Float32Array) ? write.toFloat(b) : b;
    return write.multiply(exponents, write.emit('Pow', [a, write.subtract(exponents, write.scalar(1))]));
  };
  return broadcasting(context, [
    () => write.multiply(gradient, slope()),
    () => write.multiply(gradient, write.multiply(node.outputs[0]!, write.emit('Log', [a]))),
  ]);
};

/** The part of the operand that was chosen; where operands are equal, each gets an even share, as PyTorch gives it. */
const chosen: GradientRule = (context) => {
  const { node, gradient, write } = context;
  const y = node.outputs[0]!;
  const isChosen = node.inputs.map((input) => write.toFloat(write.emit('Equal', [input, y])));
  const share = write.divide(gradient, write.add(...(isChosen as [string, ...string[]])));
  return broadcasting(
    context,
    isChosen.map((mask) => () => write.multiply(share, mask)),
  );
};

/** Condition, value where it holds, value where it does not. */
const where: GradientRule = (context) => {
  const { node, gradient, write } = context;
  const condition = node.inputs[0]!;
  return broadcasting(context, [
    () => gradient,
    () => write.where(condition, gradient),
    () => write.where(write.emit('Not', [condition]), gradient),
  ]);
};

export const arithmeticRules: Record<string, GradientRule> = {
  Add: add,
  Div: divide,
  Max: chosen,
  Min: chosen,
  Mul: multiply,
  Pow: power,
  Sub: subtract,
  Sum: add,
  Where: where,
};
