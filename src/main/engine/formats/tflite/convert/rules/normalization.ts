import { floatAttribute } from '../../../../onnx/attributes';
import type { Operation } from '../operation';
import { channelsLast } from '../placement';
import type { ConversionRule } from '../rule';
import type { Constant, Stored } from '../value';
import { unary, withNumber } from './elementwise';
import { reduce } from './reduction';

const noActivation = { fusedActivationFunction: 'NONE' };

function combined(
  operation: Operation,
  op: string,
  left: Stored,
  right: Stored | Constant,
  activation = 'NONE',
): Stored {
  const axes = operation.axesOf(left);
  const operands = [operation.place(left, axes), operation.place(right, axes)];
  const options = op === 'SQUARED_DIFFERENCE' ? {} : { ...noActivation, fusedActivationFunction: activation };
  return operation.emit(op, operands, { shape: left.shape, axes }, options);
}

function numbersConstant(operation: Operation, role: string, shape: number[], values: Float32Array): Constant {
  const name = `${operation.node.name}_${role}`;
  return { kind: 'constant', name, shape, type: 'FLOAT32', data: () => values };
}

/** What could not be folded into a layer: scale and shift per channel. */
const batchNormalization: ConversionRule = (operation) => {
  if (operation.integer('training_mode', 0) !== 0) return operation.unsupported('in training mode');
  const value = operation.stored(0);
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map(
    (input) => operation.numbers(input) ?? operation.unsupported('with moments that are computed for each image'),
  );
  const epsilon = floatAttribute(operation.node, 'epsilon', 1e-5);
  const scale = gamma!.map((each, channel) => each / Math.sqrt(variance![channel]! + epsilon));
  const shift = beta!.map(
    (each, channel) => each - (mean![channel]! * gamma![channel]!) / Math.sqrt(variance![channel]! + epsilon),
  );
  const shape = value.shape.map((_, axis) => (axis === 1 ? gamma!.length : 1));
  const scaled = combined(operation, 'MUL', value, numbersConstant(operation, 'scale', shape, scale));
  const activation = operation.activation();
  return combined(operation, 'ADD', scaled, numbersConstant(operation, 'shift', shape, shift), activation);
};

/** (x - mean) / sqrt(variance + epsilon) along `axes`. */
function standardised(operation: Operation, value: Stored, axes: readonly number[], epsilon: number): Stored {
  const mean = reduce(operation, 'MEAN', value, axes, true);
  const centred = combined(operation, 'SUB', value, mean);
  const variance = reduce(operation, 'MEAN', combined(operation, 'MUL', centred, centred), axes, true);
  return combined(
    operation,
    'MUL',
    centred,
    unary(operation, 'RSQRT', {}, withNumber(operation, 'ADD', variance, epsilon)),
  );
}

/** Scale and shift that are constants of these shapes. */
function scaledAndShifted(operation: Operation, value: Stored, shape: number[]): Stored {
  const [scale, shift] = [1, 2].map((input) => operation.numbers(input));
  if (!scale) return operation.unsupported('with a scale that is computed for each image');
  const scaled = combined(operation, 'MUL', value, numbersConstant(operation, 'scale', shape, scale));
  return shift ? combined(operation, 'ADD', scaled, numbersConstant(operation, 'shift', shape, shift)) : scaled;
}

const layerNormalization: ConversionRule = (operation) => {
  const value = operation.stored(0);
  const rank = value.shape.length;
  const first = operation.axis(operation.integer('axis', -1), rank);
  const axes = value.shape.map((_, axis) => axis).slice(first);
  const normal = standardised(operation, value, axes, floatAttribute(operation.node, 'epsilon', 1e-5));
  const given = operation.input(1).shape;
  return scaledAndShifted(operation, normal, [...new Array<number>(rank - given.length).fill(1), ...given]);
};

const instanceNormalization: ConversionRule = (operation) => {
  const value = operation.stored(0);
  const axes = value.shape.map((_, axis) => axis).slice(2);
  const normal = standardised(operation, value, axes, floatAttribute(operation.node, 'epsilon', 1e-5));
  const channels = value.shape[1]!;
  return scaledAndShifted(
    operation,
    normal,
    value.shape.map((_, axis) => (axis === 1 ? channels : 1)),
  );
};

/** ONNX divides alpha by the size of the window, the operator does not. */
const localResponse: ConversionRule = (operation) => {
  const value = operation.stored(0);
  const size = operation.integer('size', 1);
  if (size % 2 === 0) return operation.unsupported('of an even size');
  if (value.shape.length !== 4) return operation.unsupported(`with ${value.shape.length} axes`);
  const axes = channelsLast(4);
  const { node } = operation;
  const options = {
    radius: (size - 1) / 2,
    bias: floatAttribute(node, 'bias', 1),
    alpha: floatAttribute(node, 'alpha', 1e-4) / size,
    beta: floatAttribute(node, 'beta', 0.75),
  };
  return operation.emit(
    'LOCAL_RESPONSE_NORMALIZATION',
    [operation.place(value, axes)],
    { shape: value.shape, axes },
    options,
  );
};

export const normalizationRules: Record<string, ConversionRule> = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  InstanceNormalization: instanceNormalization,
  LRN: localResponse,
};
