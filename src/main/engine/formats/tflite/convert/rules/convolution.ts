import type { ConversionRule } from '../rule';
import type { Operation } from '../operation';
import { absorbBias } from '../added-bias';
import { withHeldBias } from '../held-bias';
import { padded } from '../padded';
import { channelsLast, placeConstant } from '../placement';
import { permuted, type Constant, type Stored } from '../value';
import { layerWeights } from '../weight-form';
import { ownPadding, windowsOf, type Window } from '../../../from-onnx/window-padding';

/** A convolution as CONV_2D and DEPTHWISE_CONV_2D take it. */
interface Parts {
  /** `[N,H,W,C]`, padded where the operator cannot pad by itself. */
  input: number;
  padding: string;
  windows: readonly Window[];
  /** `[outputs, inputs of a group, height, width]`. */
  weights: Constant;
  bias: Float32Array | undefined;
}

const conv: ConversionRule = (operation) => {
  const value = operation.stored(0);
  const stored = operation.weights(1);
  if (value.shape.length !== 4) return operation.unsupported(`with ${value.shape.length - 2} spatial axes`);
  const spatial = value.shape.slice(2);
  const windows = windowsOf(operation.node, spatial, stored.shape.slice(2));
  const own = ownPadding(spatial, windows);
  const nhwc = operation.place(value, channelsLast(4));
  const input = own ? nhwc : padded(operation, nhwc, windows);
  const bias = operation.biasNumbers(2) ?? absorbBias(operation, stored.shape[0]!, -3);
  const weights = withHeldBias(operation, layerWeights(operation, stored, 0), bias, input);
  const parts = { input, padding: own ?? 'VALID', windows, weights, bias };
  const group = operation.integer('group', 1);
  const activation = operation.activation();
  const isDepthwise = group > 1 && stored.shape[1] === 1 && group === value.shape[1];
  if (isDepthwise) return depthwise(operation, parts, activation);
  return group === 1 ? dense(operation, parts, activation) : grouped(operation, parts, group, activation);
};

function windowOptions([high, wide]: readonly Window[], padding: string, activation: string) {
  return {
    padding,
    strideW: wide!.stride,
    strideH: high!.stride,
    fusedActivationFunction: activation,
    dilationWFactor: wide!.dilation,
    dilationHFactor: high!.dilation,
  };
}

function dense(operation: Operation, parts: Parts, activation: string): Stored {
  const { input, padding, windows, weights, bias } = parts;
  const ohwi = permuted(weights, [0, 2, 3, 1]);
  const outputs = weights.shape[0]!;
  const operands = [
    input,
    placeConstant(operation.builder, ohwi, `${ohwi.name} ohwi`),
    operation.bias(bias, outputs, input, weights),
  ];
  const shape = operation.outputShape().map((size, axis) => (axis === 1 ? outputs : size));
  const options = windowOptions(windows, padding, activation);
  return operation.emit('CONV_2D', operands, { shape, axes: channelsLast(4) }, options);
}

/** A convolution for each group of channels: CONV_2D takes groups only in late runtimes. */
function grouped(operation: Operation, parts: Parts, groups: number, activation: string): Stored {
  const { builder } = operation;
  const { shape } = builder.tensors[parts.input]!;
  const group = [shape[0]!, shape[3]! / groups, shape[1]!, shape[2]!];
  const slices = operation.emitAll(
    'SPLIT',
    [builder.integers([3], []), parts.input],
    Array.from({ length: groups }, () => ({ shape: group, axes: channelsLast(4), like: parts.input })),
    { numSplits: groups },
  );
  const outputs = parts.weights.shape[0]! / groups;
  const results = slices.map(({ tensor }, index) => {
    const [from, to] = [index * outputs, (index + 1) * outputs];
    const weights = filtersOf(parts.weights, from, to);
    return dense(operation, { ...parts, input: tensor, weights, bias: parts.bias?.slice(from, to) }, activation).tensor;
  });
  const result = { shape: operation.outputShape(), axes: channelsLast(4) };
  return operation.emit('CONCATENATION', results, result, { axis: 3, fusedActivationFunction: 'NONE' });
}

/** The weights of some output channels, with their scales. */
function filtersOf(weights: Constant, from: number, to: number): Constant {
  const { name, shape, quantization } = weights;
  const length = shape.slice(1).reduce((product, size) => product * size, 1);
  const own = quantization && {
    ...quantization,
    scale: quantization.scale.slice(from, to),
    zeroPoint: quantization.zeroPoint.slice(from, to),
  };
  return {
    ...weights,
    name: `${name}[${from}:${to}]`,
    shape: [to - from, ...shape.slice(1)],
    data: () => weights.data().slice(from * length, to * length),
    ...(own && { quantization: own }),
  };
}

/** Output channel c reads input channel c / multiplier, in ONNX as here. */
function depthwise(operation: Operation, parts: Parts, activation: string): Stored {
  const { input, padding, windows, weights, bias } = parts;
  const ihwo = permuted(weights, [1, 2, 3, 0]);
  const channels = operation.builder.tensors[input]!.shape[3]!;
  const operands = [
    input,
    placeConstant(operation.builder, ihwo, `${ihwo.name} ihwo`),
    operation.bias(bias, weights.shape[0]!, input, weights),
  ];
  const options = { ...windowOptions(windows, padding, activation), depthMultiplier: weights.shape[0]! / channels };
  const result = { shape: operation.outputShape(), axes: channelsLast(4) };
  return operation.emit('DEPTHWISE_CONV_2D', operands, result, options);
}

export const convolutionRules: Record<string, ConversionRule> = { Conv: conv };
