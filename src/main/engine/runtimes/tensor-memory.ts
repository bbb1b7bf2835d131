import type { RuntimeTensor, TensorInfo } from './runtime';

type Data = RuntimeTensor['data'];
type DataConstructor = { new (length: number): Data; readonly BYTES_PER_ELEMENT: number };

const arrays: Record<RuntimeTensor['type'], DataConstructor> = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
};

/** Numbers of types as TensorFlow Lite and LiteRT both have them (TfLiteType of c_api_types.h). */
const tfliteTypes: Readonly<Record<number, RuntimeTensor['type']>> = {
  1: 'float32',
  2: 'int32',
  3: 'uint8',
  4: 'int64',
  6: 'bool',
  7: 'int16',
  9: 'int8',
  10: 'float16',
  11: 'float64',
  17: 'uint16',
};

export const typeOfTflite = (number: number): string => tfliteTypes[number] ?? `TensorFlow Lite's type ${number}`;

/** Elements of a tensor whose dimensions are all known. */
export const elementsOf = (shape: TensorInfo['shape']): number =>
  shape.reduce<number>((product, size) => product * (size as number), 1);

/** Memory for a tensor, the size that the file declares. Undefined for types that no tensor here can hold. */
export function memoryFor({ type, shape }: TensorInfo): RuntimeTensor | undefined {
  const array = arrays[type as RuntimeTensor['type']] as DataConstructor | undefined;
  return array && { type: type as RuntimeTensor['type'], shape: shape as number[], data: new array(elementsOf(shape)) };
}

/** The bytes of an array, for native code that copies them. */
export const bytesOf = (data: Data): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** Names of tensors, each told apart: a file may repeat them or leave them out. */
export function distinctNames(names: readonly string[]): string[] {
  const taken = new Set<string>();
  return names.map((name, index) => {
    const free = name !== '' && !taken.has(name) ? name : `${name || 'tensor'}#${index}`;
    taken.add(free);
    return free;
  });
}

/** What a session declares of its values. */
export function infoByName(tensors: readonly { name: string; info: TensorInfo }[]): Record<string, TensorInfo> {
  return Object.fromEntries(tensors.map(({ name, info }) => [name, info]));
}
