import { TensorProto_DataLocation as Location, type TensorProto } from 'onnx-buf';
import { AppError } from '@shared/errors';
import { codeName, elementTypeOf, entryCount, storageOf } from './element-type';
import type { ExternalData } from './external-data';
import type { ElementType, Tensor, TensorData } from './graph';

export interface TensorSource {
  /** Path of the model, for messages. */
  origin: string;
  external: ExternalData;
  /** For inspection: subgraphs, local functions and values that are no tensors are passed over. */
  passesOver?: boolean;
  /** Branches within branches that are read; absent: a network with a branch is refused. */
  branchDepth?: number;
}

const maxRank = 64;

/**
 * A TensorProto as a tensor. Its size is checked against its shape before anything is allocated. Raw data is copied: few tensors lie
 * aligned in a file, and those as views would keep all of its bytes in memory beside the copies of the others. Throws `model.invalid-tensor` and the errors of external data.
 */
export function decodeTensor(message: TensorProto, name: string, source: TensorSource): Tensor {
  const invalid = (detail: string): AppError =>
    new AppError('model.invalid-tensor', { path: source.origin, tensor: name, detail });
  const type = elementTypeOf(message.dataType);
  if (type === undefined) throw invalid(`element type ${codeName(message.dataType)} is not supported`);
  const storage = storageOf(type);
  if (storage === undefined) throw invalid('it holds strings, not numbers');
  if (message.segment) throw invalid('it is stored in segments');

  const shape = shapeOf(message, invalid);
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  const entries = entryCount(type, count);
  const wantedBytes = entries * storage.array.BYTES_PER_ELEMENT;
  if (!Number.isSafeInteger(wantedBytes)) throw invalid(`its shape [${shape.join(',')}] is too large`);

  if (message.dataLocation === Location.EXTERNAL) {
    const bytes = source.external.read(name, message.externalData, wantedBytes);
    return { type, shape, data: new storage.array(bytes.buffer, bytes.byteOffset, entries) };
  }
  if (message.rawData.byteLength > 0) {
    const found = message.rawData.byteLength;
    if (found !== wantedBytes)
      throw invalid(`shape [${shape.join(',')}] of ${type} needs ${wantedBytes} bytes, found ${found}`);
    return { type, shape, data: arrayOf(message.rawData, type, entries) };
  }
  const values = typedFieldOf(message, type);
  if (values.length !== entries) {
    throw invalid(`shape [${shape.join(',')}] of ${type} needs ${entries} values, found ${values.length}`);
  }
  const data = new storage.array(entries) as { [index: number]: number | bigint };
  for (let index = 0; index < entries; index++) data[index] = values[index]!;
  return { type, shape, data: data as TensorData };
}

function shapeOf(message: TensorProto, invalid: (detail: string) => AppError): number[] {
  if (message.dims.length > maxRank) throw invalid(`it has ${message.dims.length} dimensions`);
  return message.dims.map((dimension) => {
    const value = Number(dimension);
    if (value < 0 || !Number.isSafeInteger(value)) throw invalid(`its shape has the dimension ${dimension}`);
    return value;
  });
}

/** onnx.proto says which of the typed fields holds the values of an element type. */
function typedFieldOf(message: TensorProto, type: ElementType): readonly (number | bigint)[] {
  switch (type) {
    case 'float32':
      return message.floatData;
    case 'float64':
      return message.doubleData;
    case 'int64':
      return message.int64Data;
    case 'uint64':
      return message.uint64Data;
    case 'uint32':
      return message.uint64Data.map(Number);
    default:
      return message.int32Data;
  }
}

/** A copy of the bytes as an array of `type`. */
function arrayOf(raw: Uint8Array, type: ElementType, entries: number): TensorData {
  const { array } = storageOf(type)!;
  return new array(new Uint8Array(raw).buffer, 0, entries);
}
