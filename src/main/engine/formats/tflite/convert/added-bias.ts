import type { Operation } from './operation';
import { numbersOf } from './placement';
import { elementsOf } from './value';

/**
 * The bias that the only reader of a layer's result adds to it: constants for each output channel. That node is taken over.
 * @param channelAxis of the result, counted from its end: -1 of a product, -3 of an image
 */
export function absorbBias(operation: Operation, channels: number, channelAxis: number): Float32Array | undefined {
  const next = operation.next();
  if (next?.op !== 'Add') return undefined;
  const name = next.inputs.find((input) => input !== operation.node.outputs[0]);
  const value = name === undefined ? undefined : operation.find(name);
  if (value?.kind !== 'constant' || value.shape.length > operation.outputShape().length) return undefined;
  if (elementsOf(value.shape) !== channels || value.shape.at(channelAxis) !== channels) return undefined;
  operation.absorb(next);
  return numbersOf(value);
}
