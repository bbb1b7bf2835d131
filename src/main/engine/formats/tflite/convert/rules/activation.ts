import { floatAttribute, stringAttribute } from '../../../../onnx/attributes';
import type { TensorData } from '../../../../onnx/graph';
import { clipBounds, fusedActivation } from '../../../from-onnx/fused-activation';
import type { Operation } from '../operation';
import { channelsLast, numbersOf, placeConstant } from '../placement';
import type { ConversionRule } from '../rule';
import { elementsOf, permuted, type Constant, type Stored } from '../value';
import { asNumbers } from '../weight-form';
import { unary, withNumber } from './elementwise';

const noActivation = { fusedActivationFunction: 'NONE' };

const clip: ConversionRule = (operation) => {
  const { node, opset } = operation;
  const constant = operation.initializer.bind(operation);
  const known = fusedActivation(node, opset, constant);
  if (known) return unary(operation, known);
  const bounds = clipBounds(node, opset, constant);
  if (!bounds) return operation.unsupported('with bounds that are computed for each image');
  const [low, high] = bounds;
  let value = operation.stored(0);
  if (high < 3e38) value = withNumber(operation, 'MINIMUM', value, high);
  if (low > -3e38) value = withNumber(operation, 'MAXIMUM', value, low);
  return value;
};

/** max(0, min(1, alpha x + beta)) = relu6(6 alpha x + 6 beta) / 6. */
const hardSigmoid: ConversionRule = (operation) => {
  const alpha = floatAttribute(operation.node, 'alpha', 0.2);
  const beta = floatAttribute(operation.node, 'beta', 0.5);
  const slope = Math.fround(6 * alpha);
  const value = operation.stored(0);
  const scaled = Math.abs(slope - 1) < 1e-6 ? value : withNumber(operation, 'MUL', value, slope);
  return withNumber(operation, 'MUL', withNumber(operation, 'ADD', scaled, 6 * beta, 'RELU6'), 1 / 6);
};

/** x * sigmoid(x), of any operator with one input that gives the gate. */
function gated(operation: Operation, gate: Stored): Stored {
  const value = operation.stored(0);
  const axes = operation.axesOf(value);
  const operands = [operation.place(value, axes), operation.place(gate, axes)];
  return operation.emit('MUL', operands, { shape: value.shape, axes }, noActivation);
}

const swish: ConversionRule = (operation) => {
  const alpha = floatAttribute(operation.node, 'alpha', 1);
  const value = operation.stored(0);
  const scaled = alpha === 1 ? value : withNumber(operation, 'MUL', value, alpha);
  return gated(operation, unary(operation, 'LOGISTIC', {}, scaled));
};

const elu: ConversionRule = (operation) =>
  floatAttribute(operation.node, 'alpha', 1) === 1 ? unary(operation, 'ELU') : operation.unsupported('with alpha');

/** The slopes of PRELU are per channel, which lie last. */
const pRelu: ConversionRule = (operation) => {
  const value = operation.stored(0);
  const slope = operation.constant(1) ?? operation.unsupported('with slopes that are computed for each image');
  const rank = value.shape.length;
  const axes = rank >= 3 ? channelsLast(rank) : operation.axesOf(value);
  const full = { ...slope, shape: [...new Array<number>(rank - slope.shape.length).fill(1), ...slope.shape] };
  const alpha = permuted(full, axes);
  const channels = value.shape[axes.at(-1)!]!;
  const isPerChannel = elementsOf(alpha.shape) === channels && alpha.shape.at(-1) === channels;
  if (!isPerChannel && elementsOf(alpha.shape) !== 1) return operation.unsupported('with slopes per pixel');
  // XNNPACK reads a slope for each channel, also where the tensor holds one for all.
  const slopes = (): TensorData => {
    const data = numbersOf(alpha);
    return isPerChannel ? data : new Float32Array(channels).fill(data[0]!);
  };
  const constant: Constant = { ...asNumbers(alpha), shape: [...axes.slice(2).map(() => 1), channels], data: slopes };
  const tensor = placeConstant(operation.builder, constant, `${alpha.name} slopes ${constant.shape.join()}`);
  return operation.emit('PRELU', [operation.place(value, axes), tensor], { shape: value.shape, axes });
};

const softmax: ConversionRule = (operation) => lastAxis(operation, 'SOFTMAX', { beta: 1 });
const logSoftmax: ConversionRule = (operation) => lastAxis(operation, 'LOG_SOFTMAX', {});

/** The operator works along what lies last in memory. */
function lastAxis(operation: Operation, op: string, options: Record<string, number>): Stored {
  const value = operation.stored(0);
  const { length } = value.shape;
  const axis = operation.axis(operation.integer('axis', -1), length);
  const axes = [...operation.axesOf(value).filter((each) => each !== axis), axis];
  return operation.emit(op, [operation.place(value, axes)], { shape: value.shape, axes }, options);
}

export const activationRules: Record<string, ConversionRule> = {
  Relu: (operation) => unary(operation, 'RELU'),
  Clip: clip,
  LeakyRelu: (operation) => unary(operation, 'LEAKY_RELU', { alpha: floatAttribute(operation.node, 'alpha', 0.01) }),
  PRelu: pRelu,
  Sigmoid: (operation) => unary(operation, 'LOGISTIC'),
  Tanh: (operation) => unary(operation, 'TANH'),
  HardSigmoid: hardSigmoid,
  HardSwish: (operation) => unary(operation, 'HARD_SWISH'),
  Swish: swish,
  Elu: elu,
  Gelu: (operation) =>
    unary(operation, 'GELU', { approximate: stringAttribute(operation.node, 'approximate', 'none') === 'tanh' }),
  Softmax: softmax,
  LogSoftmax: logSoftmax,
};
