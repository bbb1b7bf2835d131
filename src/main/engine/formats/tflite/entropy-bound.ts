import { symbolBits } from '../../compression/storage/symbol-entropy';
import type { ElementType, TensorData } from '../../onnx/graph';
import type { TfliteModel, TfliteTensor, TfliteType } from './model';

type Words = new (buffer: ArrayBuffer) => TensorData;

/** How the elements of a constant are taken as symbols; other types byte by byte. */
const symbols: Partial<Record<TfliteType, [ElementType, Words]>> = {
  FLOAT32: ['float32', Float32Array],
  FLOAT64: ['float64', Float64Array],
  FLOAT16: ['float16', Uint16Array],
  BFLOAT16: ['bfloat16', Uint16Array],
  INT8: ['int8', Int8Array],
  INT16: ['int16', Int16Array],
  INT32: ['int32', Int32Array],
  INT64: ['int64', BigInt64Array],
  INT4: ['int4', Uint8Array],
  UINT4: ['uint4', Uint8Array],
};

/**
 * Bytes that an ideal entropy coder, one that takes each number for itself, would need for the constants of a file, each stored once.
 * As `entropyBoundBytes` for ONNX, so that the two are comparable.
 */
export function entropyBoundBytes({ graphs }: TfliteModel): number {
  const places = new Map<number, TfliteTensor>();
  for (const tensor of graphs.flatMap(({ tensors }) => tensors))
    if (tensor.data && tensor.data.length > 0) places.set(tensor.data.byteOffset, tensor);
  let bits = 0;
  for (const tensor of places.values()) bits += symbolBits(asSymbols(tensor));
  return Math.ceil(bits / 8);
}

function asSymbols({ type, shape, data, isSparse }: TfliteTensor): Parameters<typeof symbolBits>[0] {
  const [elements, Words] = (isSparse ? undefined : symbols[type]) ?? ['uint8', Uint8Array];
  // A copy: a constant may lie at any place, and wide numbers want theirs aligned.
  return { type: elements, shape, data: new Words(data!.slice().buffer as ArrayBuffer) };
}
