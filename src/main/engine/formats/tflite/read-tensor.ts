import { FlatbufferError } from '../flatbuffer/read-flatbuffer';
import type { TableOf } from '../flatbuffer/schema';
import type { TfliteQuantization, TfliteTensor, TfliteType } from './model';
import type { modelSchema } from './schema/model-schema';
import { elementBits, isTfliteType } from './tensor-types';

type Tables = typeof modelSchema.definition;

/**
 * A tensor with its constant, checked against its shape as TensorFlow Lite does: fewer bytes than it needs are refused, more are cut off.
 * @param place "tensor 3", for messages. Throws `FlatbufferError`.
 */
export function readTensor(
  tensor: TableOf<Tables, 'Tensor'>,
  data: Uint8Array | undefined,
  place: string,
): TfliteTensor {
  const { name = '', shape = [], type = 'FLOAT32', shapeSignature, isVariable, sparsity, externalBuffer } = tensor;
  if (externalBuffer) throw new FlatbufferError(`${place} has its data in another file, which is not read`);
  if (!isTfliteType(type)) throw new FlatbufferError(`${place} is of type ${type}, which is not known`);
  if (shape.some((dimension) => dimension < 0))
    throw new FlatbufferError(`${place} has the shape ${shape.join(' x ')}`);
  const quantization = quantizationOf(tensor.quantization, shape, place);
  const constant = data && constantOf(data, { shape, type, isSparse: sparsity !== undefined }, place);
  return {
    name,
    shape,
    type,
    ...(constant && { data: constant }),
    ...(quantization && { quantization }),
    ...(shapeSignature?.some((dimension) => dimension < 0) && { shapeSignature }),
    ...(isVariable && { isVariable }),
    ...(sparsity && { isSparse: true }),
  };
}

function constantOf(
  data: Uint8Array,
  { shape, type, isSparse }: { shape: number[]; type: TfliteType; isSparse: boolean },
  place: string,
): Uint8Array | undefined {
  const bits = elementBits(type);
  if (bits === undefined || isSparse) return data.length > 0 ? data : undefined;
  const bytes = Math.ceil((shape.reduce((product, dimension) => product * dimension, 1) * bits) / 8);
  // Some writers give every tensor a buffer, an empty one where it is computed.
  if (data.length === 0 && bytes > 0) return undefined;
  if (data.length < bytes)
    throw new FlatbufferError(`${place}, ${type} of ${shape.join(' x ')}, has ${data.length} bytes of ${bytes}`);
  return data.subarray(0, bytes);
}

function quantizationOf(
  quantization: TableOf<Tables, 'QuantizationParameters'> | undefined,
  shape: readonly number[],
  place: string,
): TfliteQuantization | undefined {
  const { scale = [], zeroPoint = [], quantizedDimension: axis = 0, details } = quantization ?? {};
  if (details) return { scale, zeroPoint, axis, details: String(details.table) };
  if (scale.length === 0) return undefined;
  if (zeroPoint.length > 0 && zeroPoint.length !== scale.length)
    throw new FlatbufferError(`${place} has ${scale.length} scales and ${zeroPoint.length} zero points`);
  if (scale.length > 1 && shape[axis] !== scale.length)
    throw new FlatbufferError(`${place} has ${scale.length} scales for the shape ${shape.join(' x ')}, axis ${axis}`);
  return { scale, zeroPoint: zeroPoint.length > 0 ? zeroPoint : scale.map(() => 0), axis };
}
