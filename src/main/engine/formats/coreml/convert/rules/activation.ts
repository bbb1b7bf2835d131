import { clipBounds } from '../../../from-onnx/fused-activation';
import type { MilValue } from '../../program-builder';
import type { Operation } from '../operation';
import type { ConversionRule } from '../rule';

const unary =
  (type: string): ConversionRule =>
  (operation) =>
    operation.emit(type, { x: operation.value(0) });

const withAlpha =
  (type: string, fallback: number): ConversionRule =>
  (operation) =>
    operation.emit(type, {
      x: operation.value(0),
      alpha: operation.number(operation.float('alpha', fallback), 'alpha'),
    });

const clip: ConversionRule = (operation) => {
  const constant = (name: string) => operation.network.initializer(name);
  const bounds = clipBounds(operation.node, operation.network.opset, constant);
  if (!bounds) return operation.unsupported('with bounds that are computed for each image');
  const [low, high] = bounds;
  const x = operation.value(0);
  if (low === 0 && high === 6) return operation.emit('relu6', { x });
  if (low === 0 && high >= 65504) return operation.emit('relu', { x });
  // Halves end there.
  const [alpha, beta] = [Math.max(low, -65504), Math.min(high, 65504)];
  return operation.emit('clip', { x, alpha: operation.number(alpha, 'alpha'), beta: operation.number(beta, 'beta') });
};

function hardSigmoid(operation: Operation, alpha: number, beta: number, role: string): MilValue {
  const inputs = {
    x: operation.value(0),
    alpha: operation.number(alpha, 'alpha'),
    beta: operation.number(beta, 'beta'),
  };
  return operation.builder.emit('sigmoid_hard', inputs, {
    shape: operation.outputShape(),
    name: `${operation.name}${role}`,
  });
}

const hardSwish: ConversionRule = (operation) =>
  operation.emit('mul', { x: operation.value(0), y: hardSigmoid(operation, 1 / 6, 1 / 2, '_gate') });

const prelu: ConversionRule = (operation) => {
  const x = operation.value(0);
  const slope = operation.numbers(1) ?? operation.unsupported('with slopes that are computed for each image');
  const channels = x.shape[1] ?? 0;
  if (x.shape.length < 3 || (slope.length !== 1 && slope.length !== channels))
    return operation.unsupported('with a slope for each pixel');
  const alpha = Float32Array.from({ length: channels }, (_, at) => slope[slope.length === 1 ? 0 : at]!);
  return operation.emit('prelu', { x, alpha: operation.floats(alpha, [channels], 'alpha') });
};

const softmax: ConversionRule = (operation) => {
  const x = operation.value(0);
  return operation.emit('softmax', { x, axis: operation.integerOf(operation.integer('axis', -1), 'axis') });
};

export const activationRules: Record<string, ConversionRule> = {
  Relu: unary('relu'),
  Sigmoid: unary('sigmoid'),
  Tanh: unary('tanh'),
  Erf: unary('erf'),
  Softsign: unary('softsign'),
  LeakyRelu: withAlpha('leaky_relu', 0.01),
  Elu: withAlpha('elu', 1),
  Clip: clip,
  HardSigmoid: (operation) => hardSigmoid(operation, operation.float('alpha', 0.2), operation.float('beta', 0.5), ''),
  HardSwish: hardSwish,
  Gelu: (operation) => operation.emit('gelu', { x: operation.value(0), mode: operation.text('EXACT', 'mode') }),
  PRelu: prelu,
  Softmax: softmax,
};
