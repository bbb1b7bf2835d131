import { floatAttribute } from '../../../../onnx/attributes';
import { absorbBias } from '../added-bias';
import { withHeldBias } from '../held-bias';
import { layoutOf } from '../layout';
import type { Operation } from '../operation';
import { numbersOf, placeConstant } from '../placement';
import type { ConversionRule } from '../rule';
import { elementsOf, permuted, type Constant, type Stored } from '../value';
import { asNumbers, layerWeights } from '../weight-form';

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

const gemm: ConversionRule = (operation) => {
  const { node } = operation;
  if (operation.integer('transA', 0) !== 0) return operation.unsupported('with a transposed input');
  const given = operation.weights(1);
  const alpha = floatAttribute(node, 'alpha', 1);
  const beta = floatAttribute(node, 'beta', 1);
  const rows = operation.integer('transB', 0) !== 0 ? given : permuted(given, [1, 0]);
  const weights = alpha === 1 ? rows : scaled(rows, alpha);
  const bias = operation.biasNumbers(2);
  const outputs = weights.shape[0]!;
  const full =
    bias && Float32Array.from({ length: outputs }, (_, index) => beta * bias[bias.length === 1 ? 0 : index]!);
  if (bias && bias.length !== outputs && bias.length !== 1) return operation.unsupported('with a bias for each row');
  return connected(operation, operation.stored(0), weights, full, operation.outputShape());
};

function scaled(weights: Constant, factor: number): Constant {
  const numbers = asNumbers(weights);
  return {
    ...numbers,
    name: `${weights.name} x ${factor}`,
    data: () => numbersOf(weights).map((value) => value * factor),
  };
}

/**
 * A fully connected layer. Codes per channel go through a 1 x 1 convolution, because FULLY_CONNECTED takes one scale until late runtimes.
 * @param weights `[outputs, inputs]`
 */
function connected(
  operation: Operation,
  input: Stored,
  weights: Constant,
  bias: Float32Array | undefined,
  shape: readonly number[],
): Stored {
  const [outputs, inputs] = weights.shape as [number, number];
  const { value, rows } = inMemoryOrder(input, inputs, weights);
  const layer = withHeldBias(operation, layerWeights(operation, rows, 0), bias, input.tensor);
  const { builder } = operation;
  const key = `${layer.name} rows ${layer.shape.join()} ${value === input ? '' : `${input.layout.sizes.join()}>${input.layout.order.join()}`}`;
  const activation = operation.activation();
  const fused = { fusedActivationFunction: activation };
  if (layer.type !== 'FLOAT32' && layer.quantization!.scale.length > 1) {
    const count = operation.count(input) / inputs;
    const image = operation.place({ ...value, shape: [1, 1, count, inputs] }, range(4));
    const kernel: Constant = { ...layer, shape: [outputs, 1, 1, inputs] };
    const operands = [
      image,
      placeConstant(builder, kernel, `${key} kernel`),
      operation.bias(bias, outputs, image, layer),
    ];
    const options = { padding: 'VALID', strideW: 1, strideH: 1, dilationWFactor: 1, dilationHFactor: 1, ...fused };
    const result = operation.emit('CONV_2D', operands, { shape: [1, 1, count, outputs] }, options);
    return { ...result, shape, layout: layoutOf(shape) };
  }
  const flat = operation.place(value, range(value.shape.length));
  const operands = [flat, placeConstant(builder, layer, key), operation.bias(bias, outputs, flat, layer)];
  const options = { ...fused, weightsFormat: 'DEFAULT', keepNumDims: shape.length !== 2 };
  return operation.emit('FULLY_CONNECTED', operands, { shape }, options);
}

/**
 * Flat features of one image may lie in memory in another order, as `[1,C,H,W]` stored with the channels last does: the columns of the weights are
 * put in that order then, and nothing moves.
 */
function inMemoryOrder(input: Stored, inputs: number, weights: Constant): { value: Stored; rows: Constant } {
  const { sizes, order } = input.layout;
  const isPlain = order.every((piece, place) => piece === place);
  if (isPlain || elementsOf(input.shape) !== inputs) return { value: input, rows: weights };
  const outputs = weights.shape[0]!;
  const pieces: Constant = { ...weights, shape: [outputs, ...sizes] };
  const turned = permuted(pieces, [0, ...order.map((piece) => piece + 1)]);
  return {
    value: { ...input, layout: layoutOf(input.shape) },
    rows: { ...turned, shape: [outputs, inputs] },
  };
}

const matMul: ConversionRule = (operation) => {
  const right = operation.constant(1);
  const left = operation.stored(0);
  const shape = operation.outputShape();
  if (right?.shape.length === 2 && left.shape.length >= 2) {
    const bias = absorbBias(operation, right.shape[1]!, -1);
    return connected(operation, left, permuted(right, [1, 0]), bias, shape);
  }
  if (left.shape.length < 2 || operation.input(1).shape.length < 2) return operation.unsupported('of a vector');
  return product(operation, left, operation.stored(1), shape);
};

/** A product of two values: a factor whose last two axes lie exchanged is multiplied so. */
function product(operation: Operation, left: Stored, right: Stored, shape: readonly number[]): Stored {
  const [a, b] = [left, right].map((value) => {
    const rank = value.shape.length;
    const exchanged = [...range(rank - 2), rank - 1, rank - 2];
    const present = operation.axesOf(value);
    const isExchanged = present.every((axis, place) => axis === exchanged[place]);
    return { tensor: operation.place(value, isExchanged ? exchanged : range(rank)), isExchanged };
  });
  const options = { adjX: a!.isExchanged, adjY: b!.isExchanged, asymmetricQuantizeInputs: false };
  return operation.emit('BATCH_MATMUL', [a!.tensor, b!.tensor], { shape }, options);
}

export const matrixRules: Record<string, ConversionRule> = { Gemm: gemm, MatMul: matMul };
