import { floatAttribute, stringAttribute } from '../../onnx/attributes';
import type { GradientContext, GradientRule } from './rule';

/** dy times a slope that is computed of what went in and came out. */
const bySlope =
  (slope: (context: GradientContext, x: string, y: string) => string): GradientRule =>
  (context) => [
    context.write.multiply(context.gradient, slope(context, context.node.inputs[0]!, context.node.outputs[0]!)),
  ];

const compare = ({ write }: GradientContext, op: 'Greater' | 'Less', a: string, bound: number): string =>
  write.emit(op, [a, write.scalar(bound)]);

/** 1 where the value lies strictly between two numbers, else 0. */
function between(context: GradientContext, value: string, low: number, high: number): string {
  const { write } = context;
  const bounds = [
    ...(low > -Infinity ? [compare(context, 'Greater', value, low)] : []),
    ...(high < Infinity ? [compare(context, 'Less', value, high)] : []),
  ];
  return write.toFloat(bounds.length === 2 ? write.emit('And', bounds) : bounds[0]!);
}

/** Of what is cut off nothing comes through, at the bounds neither: as PyTorch's ReLU6 has it. */
const clip: GradientRule = (context) => {
  const { node, gradient, write, known, fail } = context;
  const bound = (input: number, fallback: number): number =>
    (node.inputs[input] ?? '') === '' ? fallback : (known(input)?.[0] ?? fail('its bounds are not constant'));
  const [low, high] = [bound(1, -Infinity), bound(2, Infinity)];
  if (low === -Infinity && high === Infinity) return [gradient];
  return [write.multiply(gradient, between(context, node.outputs[0]!, low, high))];
};

/** 1 where x > 0, else `alpha`. */
const leakyRelu: GradientRule = (context) => {
  const { node, gradient, write } = context;
  const alpha = floatAttribute(node, 'alpha', 0.01);
  const positive = write.toFloat(compare(context, 'Greater', node.inputs[0]!, 0));
  const slope = write.add(write.scale(positive, 1 - alpha), write.scalar(alpha));
  return [write.multiply(gradient, slope)];
};

/** x where x > 0, else slope x, the slope being learned and broadcast. */
const parametricRelu: GradientRule = ({ node, gradient, write, isWanted, shapeOf }) => {
  const [x, slope] = [node.inputs[0]!, node.inputs[1]!];
  const positive = write.toFloat(write.emit('Greater', [x, write.scalar(0)]));
  const negative = write.subtract(write.scalar(1), positive);
  const forX = (): string => write.multiply(gradient, write.add(positive, write.multiply(negative, slope)));
  const forSlope = (): string => {
    const share = write.multiply(gradient, write.multiply(negative, x));
    return write.reduceTo(share, shapeOf(x), shapeOf(slope));
  };
  return [isWanted(0) ? forX() : undefined, isWanted(1) ? forSlope() : undefined];
};

/** y = x max(0, min(1, x / 6 + 1 / 2)): 1 above 3, x / 3 + 1 / 2 between -3 and 3. */
const hardSwish = bySlope((context, x) => {
  const { write } = context;
  const inner = write.add(write.scale(x, 1 / 3), write.scalar(0.5));
  const above = write.toFloat(write.emit('GreaterOrEqual', [x, write.scalar(3)]));
  return write.add(write.multiply(between(context, x, -3, 3), inner), above);
});

/** y = x Phi(x): Phi(x) + x phi(x); the approximation by tanh has its own slope. */
const gelu = bySlope(({ node, write }, x) => {
  const square = write.multiply(x, x);
  if (stringAttribute(node, 'approximate', 'none') === 'tanh') {
    const root = Math.sqrt(2 / Math.PI);
    const inner = write.multiply(x, write.add(write.scale(square, root * 0.044715), write.scalar(root)));
    const tanh = write.emit('Tanh', [inner]);
    const innerSlope = write.add(write.scale(square, 3 * root * 0.044715), write.scalar(root));
    const tanhSlope = write.subtract(write.scalar(1), write.multiply(tanh, tanh));
    const half = write.scale(write.add(tanh, write.scalar(1)), 0.5);
    return write.add(half, write.multiply(write.scale(x, 0.5), write.multiply(tanhSlope, innerSlope)));
  }
  const erf = write.emit('Erf', [write.scale(x, Math.SQRT1_2)]);
  const cumulative = write.scale(write.add(erf, write.scalar(1)), 0.5);
  const density = write.scale(write.emit('Exp', [write.scale(square, -0.5)]), 1 / Math.sqrt(2 * Math.PI));
  return write.add(cumulative, write.multiply(x, density));
});

/** alpha where 0 < y < 1. */
const hardSigmoid = bySlope((context, _x, y) =>
  context.write.scale(between(context, y, 0, 1), floatAttribute(context.node, 'alpha', 0.2)),
);

/** 1 where x > 0, else y + alpha. */
const elu = bySlope((context, x, y) => {
  const { node, write } = context;
  const positive = write.toFloat(compare(context, 'Greater', x, 0));
  const below = write.add(y, write.scalar(floatAttribute(node, 'alpha', 1)));
  return write.add(positive, write.multiply(write.subtract(write.scalar(1), positive), below));
});

export const activationRules: Record<string, GradientRule> = {
  Abs: bySlope(({ write }, x) => write.emit('Sign', [x])),
  Clip: clip,
  Elu: elu,
  Erf: bySlope(({ write }, x) =>
    write.scale(write.emit('Exp', [write.negate(write.multiply(x, x))]), 2 / Math.sqrt(Math.PI)),
  ),
  Exp: bySlope((_context, _x, y) => y),
  Gelu: gelu,
  HardSigmoid: hardSigmoid,
  HardSwish: hardSwish,
  LeakyRelu: leakyRelu,
  Log: ({ node, gradient, write }) => [write.divide(gradient, node.inputs[0]!)],
  Neg: ({ gradient, write }) => [write.negate(gradient)],
  PRelu: parametricRelu,
  Reciprocal: bySlope(({ write }, _x, y) => write.negate(write.multiply(y, y))),
  // By y, so that a convolution and its ReLU may be one kernel.
  Relu: bySlope((context, _x, y) => context.write.toFloat(compare(context, 'Greater', y, 0))),
  // The straight-through estimate (Bengio, Leonard and Courville 2013): the slope of rounding is that of what it approximates.
  Round: ({ gradient }) => [gradient],
  // Straight through where |x| < 1, nothing from beyond (Hubara et al. 2016, "Binarized neural networks", equation 4).
  Sign: bySlope((context, x) => between(context, x, -1, 1)),
  Sigmoid: bySlope(({ write }, _x, y) => write.multiply(y, write.subtract(write.scalar(1), y))),
  Softplus: bySlope(({ write }, x) => write.emit('Sigmoid', [x])),
  Sqrt: ({ node, gradient, write }) => [write.divide(write.scale(gradient, 0.5), node.outputs[0]!)],
  Tanh: bySlope(({ write }, _x, y) => write.subtract(write.scalar(1), write.multiply(y, y))),
};
