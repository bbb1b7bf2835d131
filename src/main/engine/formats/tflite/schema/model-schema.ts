import { defineSchema } from '../../flatbuffer/schema';
import { builtinOperators } from './operators';
import { builtinOptions, optionTables } from './options';

const tensorTypes = (
  'FLOAT32 FLOAT16 INT32 UINT8 INT64 STRING BOOL INT16 COMPLEX64 INT8 FLOAT64 COMPLEX128 UINT64 RESOURCE VARIANT UINT32 UINT16 INT4 ' +
  'BFLOAT16 INT2 UINT4 FLOAT8_E4M3FN FLOAT8_E5M2'
).split(' ');

/**
 * The public schema of TensorFlow Lite files (schema.fbs of google-ai-edge/LiteRT, versions 3 to 3d). "-": signatures, debug information and
 * other fields that neither running nor describing a network needs.
 */
export const modelSchema = defineSchema({
  identifier: 'TFL3',
  root: 'Model',
  tables: {
    Model: {
      version: 'uint32',
      operatorCodes: '[OperatorCode]',
      subgraphs: '[SubGraph]',
      description: 'string',
      buffers: '[Buffer]',
      metadataBuffer: '-',
      metadata: '[Metadata]',
    },
    OperatorCode: {
      deprecatedBuiltinCode: 'int8',
      customCode: 'string',
      version: 'int32 = 1',
      builtinCode: 'BuiltinOperator',
    },
    SubGraph: {
      tensors: '[Tensor]',
      inputs: '[int32]',
      outputs: '[int32]',
      operators: '[Operator]',
      name: 'string',
    },
    Tensor: {
      shape: '[int32]',
      type: 'TensorType',
      buffer: 'uint32',
      name: 'string',
      quantization: 'QuantizationParameters',
      isVariable: 'bool',
      sparsity: 'SparsityParameters',
      shapeSignature: '[int32]',
      hasRank: 'bool',
      variantTensors: '-',
      externalBuffer: 'uint32',
    },
    QuantizationParameters: {
      min: '-',
      max: '-',
      scale: '[float32]',
      zeroPoint: '[int64]',
      details: 'QuantizationDetails',
      quantizedDimension: 'int32',
    },
    SparsityParameters: { traversalOrder: '[int32]', blockMap: '[int32]', dimMetadata: '[DimensionMetadata]' },
    DimensionMetadata: {
      format: 'DimensionType',
      denseSize: 'int32',
      arraySegments: 'SparseIndexVector',
      arrayIndices: 'SparseIndexVector',
    },
    Int32Vector: { values: '[int32]' },
    Uint16Vector: { values: '[uint16]' },
    Uint8Vector: { values: '[uint8]' },
    Operator: {
      opcodeIndex: 'uint32',
      inputs: '[int32]',
      outputs: '[int32]',
      builtinOptions: 'BuiltinOptions',
      customOptions: '[uint8]',
      customOptionsFormat: '-',
      mutatingVariableInputs: '-',
      intermediates: '-',
      largeCustomOptionsOffset: 'uint64',
      largeCustomOptionsSize: 'uint64',
      builtinOptions2Type: 'uint8',
    },
    Buffer: { data: '[uint8]', offset: 'uint64', size: 'uint64' },
    Metadata: { name: 'string', buffer: 'uint32' },
    ...optionTables,
  },
  enumerations: {
    TensorType: { type: 'int8', names: tensorTypes },
    BuiltinOperator: { type: 'int32', names: builtinOperators },
    Padding: { type: 'int8', names: ['SAME', 'VALID'] },
    ActivationFunctionType: { type: 'int8', names: ['NONE', 'RELU', 'RELU_N1_TO_1', 'RELU6', 'TANH', 'SIGN_BIT'] },
    FullyConnectedOptionsWeightsFormat: { type: 'int8', names: ['DEFAULT', 'SHUFFLED4x16INT8'] },
    MirrorPadMode: { type: 'int8', names: ['REFLECT', 'SYMMETRIC'] },
    LSTMKernelType: { type: 'int8', names: ['FULL', 'BASIC'] },
    LSHProjectionType: { type: 'int8', names: ['UNKNOWN', 'SPARSE', 'DENSE'] },
    DimensionType: { type: 'int8', names: ['DENSE', 'SPARSE_CSR'] },
    CombinerType: { type: 'int8', names: ['SUM', 'MEAN', 'SQRTN'] },
  },
  unions: {
    BuiltinOptions: builtinOptions,
    SparseIndexVector: ['Int32Vector', 'Uint16Vector', 'Uint8Vector'],
    // Of these only the names are read.
    QuantizationDetails: ['CustomQuantization', 'BlockwiseQuantization', 'MultiAxisQuantization'],
  },
});
