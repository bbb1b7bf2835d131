import type { Operation } from '../operation';
import type { ConversionRule } from '../rule';

function constantNumbers(operation: Operation, input: number): Float32Array {
  return operation.numbers(input) ?? operation.unsupported('with moments that are computed for each image');
}

/** What could not be folded into a layer: scale and shift per channel. */
const batchNormalization: ConversionRule = (operation) => {
  if (operation.integer('training_mode', 0) !== 0) return operation.unsupported('in training mode');
  const x = operation.value(0);
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((input) => constantNumbers(operation, input));
  const deviation = variance!.map((value) => Math.sqrt(value + operation.float('epsilon', 1e-5)));
  const shape = x.shape.map((_, axis) => (axis === 1 ? gamma!.length : 1));
  const scale = gamma!.map((value, channel) => value / deviation[channel]!);
  const shift = beta!.map((value, channel) => value - (mean![channel]! * gamma![channel]!) / deviation[channel]!);
  const scaled = operation.emit('mul', { x, y: operation.floats(scale, shape, 'scale') });
  return operation.emit('add', { x: scaled, y: operation.floats(shift, shape, 'shift') });
};

const layerNormalization: ConversionRule = (operation) => {
  const x = operation.value(0);
  const first = operation.axis(operation.integer('axis', -1), x.shape.length);
  const axes = x.shape.map((_, axis) => axis).slice(first);
  const shape = x.shape.slice(first);
  const gamma = constantNumbers(operation, 1);
  const beta = operation.has(2) ? constantNumbers(operation, 2) : undefined;
  return operation.emit('layer_norm', {
    x,
    axes: operation.integersOf(axes, 'axes'),
    gamma: operation.floats(gamma, shape, 'gamma'),
    beta: beta && operation.floats(beta, shape, 'beta'),
    epsilon: operation.number(operation.float('epsilon', 1e-5), 'epsilon'),
  });
};

const localResponse: ConversionRule = (operation) =>
  operation.emit('local_response_norm', {
    x: operation.value(0),
    size: operation.integerOf(operation.integer('size', 1), 'size'),
    alpha: operation.number(operation.float('alpha', 1e-4), 'alpha'),
    beta: operation.number(operation.float('beta', 0.75), 'beta'),
    k: operation.number(operation.float('bias', 1), 'k'),
  });

export const normalizationRules: Record<string, ConversionRule> = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  LRN: localResponse,
};
