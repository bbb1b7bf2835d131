import type { ProtoSchema } from '../protobuf/message';

/** Of coremltools' Model.proto, FeatureTypes.proto and MIL.proto what an ML Program takes. */
export const coremlSchema = {
  Model: { specificationVersion: [1, 'int32'], description: [2, 'ModelDescription'], mlProgram: [502, 'Program'] },
  ModelDescription: {
    input: [1, '[FeatureDescription]'],
    output: [10, '[FeatureDescription]'],
    predictedFeatureName: [11, 'string'],
    predictedProbabilitiesName: [12, 'string'],
    metadata: [100, 'Metadata'],
  },
  Metadata: {
    shortDescription: [1, 'string'],
    versionString: [2, 'string'],
    author: [3, 'string'],
    license: [4, 'string'],
    userDefined: [100, '{string}'],
  },
  FeatureDescription: { name: [1, 'string'], shortDescription: [2, 'string'], type: [3, 'FeatureType'] },
  FeatureType: {
    stringType: [3, 'StringFeatureType'],
    imageType: [4, 'ImageFeatureType'],
    multiArrayType: [5, 'ArrayFeatureType'],
    dictionaryType: [6, 'DictionaryFeatureType'],
  },
  StringFeatureType: {},
  ImageFeatureType: { width: [1, 'int64'], height: [2, 'int64'], colorSpace: [3, 'int32'] },
  ArrayFeatureType: { shape: [1, '[int64]'], dataType: [2, 'int32'] },
  DictionaryFeatureType: { stringKeyType: [2, 'StringFeatureType'] },
  Program: { version: [1, 'int64'], functions: [2, '{Function}'], attributes: [4, '{Value}'] },
  Function: {
    inputs: [1, '[NamedValueType]'],
    opset: [2, 'string'],
    block_specializations: [3, '{Block}'],
  },
  Block: { outputs: [2, '[string]'], operations: [3, '[Operation]'] },
  Operation: {
    type: [1, 'string'],
    inputs: [2, '{Argument}'],
    outputs: [3, '[NamedValueType]'],
    attributes: [5, '{Value}'],
  },
  Argument: { arguments: [1, '[Binding]'] },
  Binding: { name: [1, 'string'], value: [2, 'Value'] },
  NamedValueType: { name: [1, 'string'], type: [2, 'ValueType'] },
  ValueType: { tensorType: [1, 'TensorType'], listType: [2, 'ListType'], dictionaryType: [4, 'DictionaryType'] },
  TensorType: { dataType: [1, 'int32'], rank: [2, 'int64'], dimensions: [3, '[Dimension]'] },
  ListType: { type: [1, 'ValueType'], length: [2, 'Dimension'] },
  DictionaryType: { keyType: [1, 'ValueType'], valueType: [2, 'ValueType'] },
  Dimension: { constant: [1, 'ConstantDimension'] },
  ConstantDimension: { size: [1, 'uint64'] },
  Value: { type: [2, 'ValueType'], immediateValue: [3, 'ImmediateValue'], blobFileValue: [5, 'BlobFileValue'] },
  ImmediateValue: { tensor: [1, 'TensorValue'], list: [3, 'ListValue'] },
  BlobFileValue: { fileName: [1, 'string'], offset: [2, 'uint64'] },
  TensorValue: {
    floats: [1, 'Floats'],
    ints: [2, 'Ints'],
    bools: [3, 'Bools'],
    strings: [4, 'Strings'],
    bytes: [7, 'Bytes'],
  },
  Floats: { values: [1, '[float]'] },
  Ints: { values: [1, '[int32]'] },
  Bools: { values: [1, '[bool]'] },
  Strings: { values: [1, '[string]'] },
  Bytes: { values: [1, 'bytes'] },
  ListValue: { values: [1, '[Value]'] },
} as const satisfies ProtoSchema;

/** How numbers are stored: its code in MIL.proto, its bits, and its code in a weight file (MILBlob's StorageFormat.hpp). */
export const dataTypes = {
  BOOL: { code: 1, bits: 8 },
  STRING: { code: 2, bits: 0 },
  FLOAT16: { code: 10, bits: 16, blob: 1 },
  FLOAT32: { code: 11, bits: 32, blob: 2 },
  FLOAT64: { code: 12, bits: 64 },
  INT8: { code: 21, bits: 8, blob: 4 },
  INT32: { code: 23, bits: 32, blob: 14 },
  INT4: { code: 25, bits: 4, blob: 8 },
  UINT8: { code: 31, bits: 8, blob: 3 },
  UINT4: { code: 35, bits: 4, blob: 11 },
  UINT2: { code: 36, bits: 2, blob: 10 },
  UINT1: { code: 37, bits: 1, blob: 9 },
  UINT6: { code: 38, bits: 6, blob: 13 },
  UINT3: { code: 39, bits: 3, blob: 12 },
} as const satisfies Record<string, { code: number; bits: number; blob?: number }>;

export type DataType = keyof typeof dataTypes;
/** Types that a weight file holds. */
export type BlobType = Exclude<DataType, 'BOOL' | 'STRING' | 'FLOAT64'>;

/** Codes of FeatureTypes.proto. */
export const colorSpaces = { gray: 10, RGB: 20, BGR: 30 } as const;
export const arrayFloat32 = 65568;
