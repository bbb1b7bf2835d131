import { floatAttribute, intAttribute } from '../../onnx/attributes';
import type { GradientContext, GradientRule } from './rule';

const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** dx = y (dy - sum(dy y)) along the axis. */
const softmax: GradientRule = ({ node, gradient, write, shapeOf }) => {
  const y = node.outputs[0]!;
  const axis = axisOf(intAttribute(node, 'axis', -1), shapeOf(y).length);
  const sum = write.sum(write.multiply(gradient, y), [axis], true);
  return [write.multiply(y, write.subtract(gradient, sum))];
};

/** dx = dy - exp(y) sum(dy) along the axis. */
const logSoftmax: GradientRule = ({ node, gradient, write, shapeOf }) => {
  const y = node.outputs[0]!;
  const axis = axisOf(intAttribute(node, 'axis', -1), shapeOf(y).length);
  const sum = write.sum(gradient, [axis], true);
  return [write.subtract(gradient, write.multiply(write.emit('Exp', [y]), sum))];
};

/**
 * An affine map of each channel, with i = 1 / sqrt(variance + epsilon): dx = dy gamma i, dgamma = i (sum(dy x) - mean sum(dy)),
 * dmean = - gamma i sum(dy), dvariance = - gamma i^2 dgamma / 2. Statistics have a gradient where they are computed, as those of a batch
 * are; those of the file stay as they are.
 */
const batchNorm: GradientRule = ({ node, gradient, write, isWanted, shapeOf, fail }) => {
  if (intAttribute(node, 'training_mode', 0) !== 0) return fail('it takes the statistics of each batch');
  const [x, gamma, , mean, variance] = node.inputs as [string, string, string, string, string];
  const shape = shapeOf(x);
  const perChannel = (value: string): string => write.reshape(value, [1, shape[1]!, ...shape.slice(2).map(() => 1)]);
  const epsilon = write.scalar(floatAttribute(node, 'epsilon', 1e-5));
  const inverse = write.emit('Reciprocal', [write.emit('Sqrt', [write.add(variance, epsilon)])]);
  const slope = write.multiply(gamma, inverse);
  const others = shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  const together = write.sum(gradient, others);
  const along = write.subtract(write.sum(write.multiply(gradient, x), others), write.multiply(mean, together));
  const forGamma = write.multiply(inverse, along);
  const forVariance = write.scale(write.multiply(write.multiply(slope, inverse), forGamma), -0.5);
  return [
    isWanted(0) ? write.multiply(gradient, perChannel(slope)) : undefined,
    forGamma,
    together,
    isWanted(3) ? write.negate(write.multiply(slope, together)) : undefined,
    isWanted(4) ? forVariance : undefined,
  ];
};

/** With n = (x - mean) / deviation over some axes and g = dy gamma: dx = (g - mean(g) - n mean(g n)) / deviation. @param gamma as it broadcasts */
function normalized(
  { node, gradient, write, shapeOf }: GradientContext,
  axes: readonly number[],
  gamma: string,
): { normal: string; forX(): string } {
  const x = node.inputs[0]!;
  const shape = shapeOf(x);
  const centred = write.subtract(x, write.mean(x, shape, axes));
  const variance = write.mean(write.multiply(centred, centred), shape, axes);
  const deviation = write.emit('Sqrt', [write.add(variance, write.scalar(floatAttribute(node, 'epsilon', 1e-5)))]);
  const normal = write.divide(centred, deviation);
  const forX = (): string => {
    const g = write.multiply(gradient, gamma);
    const along = write.multiply(normal, write.mean(write.multiply(g, normal), shape, axes));
    return write.divide(write.subtract(write.subtract(g, write.mean(g, shape, axes)), along), deviation);
  };
  return { normal, forX };
}

/** Over the last axes (Ba, Kiros and Hinton 2016, "Layer normalization"). */
const layerNorm: GradientRule = (context) => {
  const { node, gradient, write, isWanted, shapeOf } = context;
  const [x, gamma, beta] = [node.inputs[0]!, node.inputs[1]!, node.inputs[2] ?? ''];
  const shape = shapeOf(x);
  const first = axisOf(intAttribute(node, 'axis', -1), shape.length);
  const axes = shape.flatMap((_, axis) => (axis >= first ? [axis] : []));
  const { normal, forX } = normalized(context, axes, gamma);
  return [
    isWanted(0) ? forX() : undefined,
    isWanted(1) ? write.reduceTo(write.multiply(gradient, normal), shape, shapeOf(gamma)) : undefined,
    isWanted(2) ? write.reduceTo(gradient, shape, shapeOf(beta)) : undefined,
  ];
};

/** Each channel of each image by itself (Ulyanov, Vedaldi and Lempitsky 2016, "Instance normalization"). */
const instanceNorm: GradientRule = (context) => {
  const { node, gradient, write, isWanted, shapeOf } = context;
  const shape = shapeOf(node.inputs[0]!);
  const axes = shape.flatMap((_, axis) => (axis < 2 ? [] : [axis]));
  const perChannel = write.reshape(node.inputs[1]!, [1, shape[1]!, ...axes.map(() => 1)]);
  const { normal, forX } = normalized(context, axes, perChannel);
  const others = [0, ...axes];
  return [
    isWanted(0) ? forX() : undefined,
    isWanted(1) ? write.sum(write.multiply(gradient, normal), others) : undefined,
    isWanted(2) ? write.sum(gradient, others) : undefined,
  ];
};

export const normalizationRules: Record<string, GradientRule> = {
  BatchNormalization: batchNorm,
  InstanceNormalization: instanceNorm,
  LayerNormalization: layerNorm,
  LogSoftmax: logSoftmax,
  Softmax: softmax,
};
