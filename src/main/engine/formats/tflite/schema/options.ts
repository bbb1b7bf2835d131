/** Options of builtin operators that have any fields, in the order of their ids. */
export const optionTables = {
  Conv2DOptions: {
    padding: 'Padding',
    strideW: 'int32',
    strideH: 'int32',
    fusedActivationFunction: 'ActivationFunctionType',
    dilationWFactor: 'int32 = 1',
    dilationHFactor: 'int32 = 1',
    quantizedBiasType: 'TensorType',
  },
  DepthwiseConv2DOptions: {
    padding: 'Padding',
    strideW: 'int32',
    strideH: 'int32',
    depthMultiplier: 'int32',
    fusedActivationFunction: 'ActivationFunctionType',
    dilationWFactor: 'int32 = 1',
    dilationHFactor: 'int32 = 1',
  },
  Conv3DOptions: {
    padding: 'Padding',
    strideD: 'int32',
    strideW: 'int32',
    strideH: 'int32',
    fusedActivationFunction: 'ActivationFunctionType',
    dilationDFactor: 'int32 = 1',
    dilationWFactor: 'int32 = 1',
    dilationHFactor: 'int32 = 1',
  },
  TransposeConvOptions: {
    padding: 'Padding',
    strideW: 'int32',
    strideH: 'int32',
    fusedActivationFunction: 'ActivationFunctionType',
    quantizedBiasType: 'TensorType',
  },
  Pool2DOptions: {
    padding: 'Padding',
    strideW: 'int32',
    strideH: 'int32',
    filterWidth: 'int32',
    filterHeight: 'int32',
    fusedActivationFunction: 'ActivationFunctionType',
  },
  FullyConnectedOptions: {
    fusedActivationFunction: 'ActivationFunctionType',
    weightsFormat: 'FullyConnectedOptionsWeightsFormat',
    keepNumDims: 'bool',
    asymmetricQuantizeInputs: 'bool',
    quantizedBiasType: 'TensorType',
    quantSpec: '-',
  },
  BatchMatMulOptions: { adjX: 'bool', adjY: 'bool', asymmetricQuantizeInputs: 'bool' },
  AddOptions: { fusedActivationFunction: 'ActivationFunctionType', potScaleInt16: 'bool = true' },
  SubOptions: { fusedActivationFunction: 'ActivationFunctionType', potScaleInt16: 'bool = true' },
  MulOptions: { fusedActivationFunction: 'ActivationFunctionType' },
  DivOptions: { fusedActivationFunction: 'ActivationFunctionType' },
  ConcatenationOptions: { axis: 'int32', fusedActivationFunction: 'ActivationFunctionType' },
  ReducerOptions: { keepDims: 'bool' },
  SoftmaxOptions: { beta: 'float32' },
  LeakyReluOptions: { alpha: 'float32' },
  GeluOptions: { approximate: 'bool' },
  L2NormOptions: { fusedActivationFunction: 'ActivationFunctionType' },
  LocalResponseNormalizationOptions: { radius: 'int32', bias: 'float32', alpha: 'float32', beta: 'float32' },
  ReshapeOptions: { newShape: '[int32]' },
  SqueezeOptions: { squeezeDims: '[int32]' },
  StridedSliceOptions: {
    beginMask: 'int32',
    endMask: 'int32',
    ellipsisMask: 'int32',
    newAxisMask: 'int32',
    shrinkAxisMask: 'int32',
    offset: 'bool',
  },
  SplitOptions: { numSplits: 'int32' },
  SplitVOptions: { numSplits: 'int32' },
  PackOptions: { valuesCount: 'int32', axis: 'int32' },
  UnpackOptions: { num: 'int32', axis: 'int32' },
  GatherOptions: { axis: 'int32', batchDims: 'int32' },
  OneHotOptions: { axis: 'int32' },
  SpaceToDepthOptions: { blockSize: 'int32' },
  DepthToSpaceOptions: { blockSize: 'int32' },
  MirrorPadOptions: { mode: 'MirrorPadMode' },
  ResizeBilinearOptions: { newHeight: '-', newWidth: '-', alignCorners: 'bool', halfPixelCenters: 'bool' },
  ResizeNearestNeighborOptions: { alignCorners: 'bool', halfPixelCenters: 'bool' },
  CastOptions: { inDataType: 'TensorType', outDataType: 'TensorType' },
  ArgMaxOptions: { outputType: 'TensorType' },
  ArgMinOptions: { outputType: 'TensorType' },
  ShapeOptions: { outType: 'TensorType' },
  // The default is INT32.
  UniqueOptions: { idxOutType: 'TensorType = 2' },
  FakeQuantOptions: { min: 'float32', max: 'float32', numBits: 'int32', narrowRange: 'bool' },
  CumsumOptions: { exclusive: 'bool', reverse: 'bool' },
  ReverseSequenceOptions: { seqDim: 'int32', batchDim: 'int32' },
  SparseToDenseOptions: { validateIndices: 'bool' },
  BucketizeOptions: { boundaries: '[float32]' },
  RandomOptions: { seed: 'int64', seed2: 'int64' },
  IfOptions: { thenSubgraphIndex: 'int32', elseSubgraphIndex: 'int32' },
  WhileOptions: { condSubgraphIndex: 'int32', bodySubgraphIndex: 'int32' },
  CallOptions: { subgraph: 'uint32' },
  CallOnceOptions: { initSubgraphIndex: 'int32' },
  VarHandleOptions: { container: 'string', sharedName: 'string' },
  HashtableOptions: { tableId: 'int32', keyDtype: 'TensorType', valueDtype: 'TensorType' },
  LSHProjectionOptions: { type: 'LSHProjectionType' },
  ConcatEmbeddingsOptions: { numChannels: 'int32', numColumnsPerChannel: '[int32]', embeddingDimPerChannel: '[int32]' },
  EmbeddingLookupSparseOptions: { combiner: 'CombinerType' },
  SkipGramOptions: { ngramSize: 'int32', maxSkipSize: 'int32', includeAllNgrams: 'bool' },
  SVDFOptions: {
    rank: 'int32',
    fusedActivationFunction: 'ActivationFunctionType',
    asymmetricQuantizeInputs: 'bool',
  },
  RNNOptions: { fusedActivationFunction: 'ActivationFunctionType', asymmetricQuantizeInputs: 'bool' },
  SequenceRNNOptions: {
    timeMajor: 'bool',
    fusedActivationFunction: 'ActivationFunctionType',
    asymmetricQuantizeInputs: 'bool',
  },
  BidirectionalSequenceRNNOptions: {
    timeMajor: 'bool',
    fusedActivationFunction: 'ActivationFunctionType',
    mergeOutputs: 'bool',
    asymmetricQuantizeInputs: 'bool',
  },
  LSTMOptions: {
    fusedActivationFunction: 'ActivationFunctionType',
    cellClip: 'float32',
    projClip: 'float32',
    kernelType: 'LSTMKernelType',
    asymmetricQuantizeInputs: 'bool',
  },
  UnidirectionalSequenceLSTMOptions: {
    fusedActivationFunction: 'ActivationFunctionType',
    cellClip: 'float32',
    projClip: 'float32',
    timeMajor: 'bool',
    asymmetricQuantizeInputs: 'bool',
    diagonalRecurrentTensors: 'bool',
  },
  BidirectionalSequenceLSTMOptions: {
    fusedActivationFunction: 'ActivationFunctionType',
    cellClip: 'float32',
    projClip: 'float32',
    mergeOutputs: 'bool',
    timeMajor: 'bool = true',
    asymmetricQuantizeInputs: 'bool',
  },
} as const;

/** union BuiltinOptions: the tables by their numbers 1, 2, 3 ...; those that are not above have no fields. */
export const builtinOptions = (
  'Conv2D DepthwiseConv2D ConcatEmbeddings LSHProjection Pool2D SVDF RNN FullyConnected Softmax Concatenation Add L2Norm ' +
  'LocalResponseNormalization LSTM ResizeBilinear Call Reshape SkipGram SpaceToDepth EmbeddingLookupSparse Mul Pad Gather ' +
  'BatchToSpaceND SpaceToBatchND Transpose Reducer Sub Div Squeeze SequenceRNN StridedSlice Exp TopKV2 Split LogSoftmax Cast ' +
  'Dequantize MaximumMinimum ArgMax Less Neg PadV2 Greater GreaterEqual LessEqual Select Slice TransposeConv SparseToDense Tile ' +
  'ExpandDims Equal NotEqual Shape Pow ArgMin FakeQuant Pack LogicalOr OneHot LogicalAnd LogicalNot Unpack FloorDiv Square ' +
  'ZerosLike Fill BidirectionalSequenceLSTM BidirectionalSequenceRNN UnidirectionalSequenceLSTM FloorMod Range ' +
  'ResizeNearestNeighbor LeakyRelu SquaredDifference MirrorPad Abs SplitV Unique ReverseV2 AddN GatherNd Cos Where Rank ' +
  'ReverseSequence MatrixDiag Quantize MatrixSetDiag HardSwish If While DepthToSpace NonMaxSuppressionV4 NonMaxSuppressionV5 ' +
  'ScatterNd SelectV2 Densify SegmentSum BatchMatMul Cumsum CallOnce BroadcastTo Rfft2d Conv3D Hashtable HashtableFind ' +
  'HashtableImport HashtableSize VarHandle ReadVariable AssignVariable Random Bucketize Gelu DynamicUpdateSlice ' +
  'UnsortedSegmentProd UnsortedSegmentMax UnsortedSegmentMin UnsortedSegmentSum ATan2 Sign Bitcast BitwiseXor RightShift'
)
  .split(' ')
  .map((name) => `${name}Options`);
