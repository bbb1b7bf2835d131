import type { ConversionRule } from '../rule';
import type { Operation } from '../operation';
import { padded } from '../padded';
import { channelsLast, placeConstant } from '../placement';
import { permuted, type Constant } from '../value';
import { layerWeights } from '../weight-form';
import { ownPadding, windowsOf, type Window } from '../window-padding';

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
  const parts = {
    input,
    padding: own ?? 'VALID',
    windows,
    weights: layerWeights(operation, stored, 0),
    bias: operation.numbers(2),
  };
  const group = operation.integer('group', 1);
  const activation = operation.activation();
  const emit = group > 1 && stored.shape[1] === 1 && group === value.shape[1] ? depthwise : dense;
  const shape = operation.outputShape();
  return operation.storedAs(emit(operation, parts, activation), shape, channelsLast(4));
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

/** Also in groups, whose number the operator knows from the shapes: the weights' inputs divide the image's channels. */
function dense(operation: Operation, parts: Parts, activation: string): number {
  const { input, padding, windows, weights, bias } = parts;
  const ohwi = permuted(weights, [0, 2, 3, 1]);
  const operands = [
    input,
    placeConstant(operation.builder, ohwi, `${ohwi.name} ohwi`),
    operation.bias(bias, weights.shape[0]!, input, weights),
  ];
  const shape = operation.outputShape();
  return operation.emit(
    'CONV_2D',
    operands,
    { shape, axes: channelsLast(4) },
    windowOptions(windows, padding, activation),
  ).tensor;
}

/** Output channel c reads input channel c / multiplier, in ONNX as here. */
function depthwise(operation: Operation, parts: Parts, activation: string): number {
  const { input, padding, windows, weights, bias } = parts;
  const ihwo = permuted(weights, [1, 2, 3, 0]);
  const channels = operation.builder.tensors[input]!.shape[3]!;
  const operands = [
    input,
    placeConstant(operation.builder, ihwo, `${ihwo.name} ihwo`),
    operation.bias(bias, weights.shape[0]!, input, weights),
  ];
  const options = { ...windowOptions(windows, padding, activation), depthMultiplier: weights.shape[0]! / channels };
  return operation.emit(
    'DEPTHWISE_CONV_2D',
    operands,
    { shape: operation.outputShape(), axes: channelsLast(4) },
    options,
  ).tensor;
}

export const convolutionRules: Record<string, ConversionRule> = { Conv: conv };
