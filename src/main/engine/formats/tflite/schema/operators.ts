/**
 * Builtin operators by their codes 0, 1, 2 ... (enum BuiltinOperator), each with the table of its options where it has one. What begins
 * with STABLEHLO has options in a second union, of which only the names are known here.
 */
const listing = `
  ADD:AddOptions AVERAGE_POOL_2D:Pool2DOptions CONCATENATION:ConcatenationOptions CONV_2D:Conv2DOptions
  DEPTHWISE_CONV_2D:DepthwiseConv2DOptions DEPTH_TO_SPACE:DepthToSpaceOptions DEQUANTIZE:DequantizeOptions EMBEDDING_LOOKUP
  FLOOR FULLY_CONNECTED:FullyConnectedOptions HASHTABLE_LOOKUP L2_NORMALIZATION:L2NormOptions L2_POOL_2D:Pool2DOptions
  LOCAL_RESPONSE_NORMALIZATION:LocalResponseNormalizationOptions LOGISTIC LSH_PROJECTION:LSHProjectionOptions LSTM:LSTMOptions
  MAX_POOL_2D:Pool2DOptions MUL:MulOptions RELU RELU_N1_TO_1 RELU6 RESHAPE:ReshapeOptions RESIZE_BILINEAR:ResizeBilinearOptions
  RNN:RNNOptions SOFTMAX:SoftmaxOptions SPACE_TO_DEPTH:SpaceToDepthOptions SVDF:SVDFOptions TANH
  CONCAT_EMBEDDINGS:ConcatEmbeddingsOptions SKIP_GRAM:SkipGramOptions CALL:CallOptions CUSTOM
  EMBEDDING_LOOKUP_SPARSE:EmbeddingLookupSparseOptions PAD:PadOptions UNIDIRECTIONAL_SEQUENCE_RNN:SequenceRNNOptions
  GATHER:GatherOptions BATCH_TO_SPACE_ND:BatchToSpaceNDOptions SPACE_TO_BATCH_ND:SpaceToBatchNDOptions TRANSPOSE:TransposeOptions
  MEAN:ReducerOptions SUB:SubOptions DIV:DivOptions SQUEEZE:SqueezeOptions
  UNIDIRECTIONAL_SEQUENCE_LSTM:UnidirectionalSequenceLSTMOptions STRIDED_SLICE:StridedSliceOptions
  BIDIRECTIONAL_SEQUENCE_RNN:BidirectionalSequenceRNNOptions EXP:ExpOptions TOPK_V2:TopKV2Options SPLIT:SplitOptions
  LOG_SOFTMAX:LogSoftmaxOptions DELEGATE BIDIRECTIONAL_SEQUENCE_LSTM:BidirectionalSequenceLSTMOptions CAST:CastOptions PRELU
  MAXIMUM:MaximumMinimumOptions ARG_MAX:ArgMaxOptions MINIMUM:MaximumMinimumOptions LESS:LessOptions NEG:NegOptions
  PADV2:PadV2Options GREATER:GreaterOptions GREATER_EQUAL:GreaterEqualOptions LESS_EQUAL:LessEqualOptions SELECT:SelectOptions
  SLICE:SliceOptions SIN TRANSPOSE_CONV:TransposeConvOptions SPARSE_TO_DENSE:SparseToDenseOptions TILE:TileOptions
  EXPAND_DIMS:ExpandDimsOptions EQUAL:EqualOptions NOT_EQUAL:NotEqualOptions LOG SUM:ReducerOptions SQRT RSQRT SHAPE:ShapeOptions
  POW:PowOptions ARG_MIN:ArgMinOptions FAKE_QUANT:FakeQuantOptions REDUCE_PROD:ReducerOptions REDUCE_MAX:ReducerOptions
  PACK:PackOptions LOGICAL_OR:LogicalOrOptions ONE_HOT:OneHotOptions LOGICAL_AND:LogicalAndOptions LOGICAL_NOT:LogicalNotOptions
  UNPACK:UnpackOptions REDUCE_MIN:ReducerOptions FLOOR_DIV:FloorDivOptions REDUCE_ANY:ReducerOptions SQUARE:SquareOptions
  ZEROS_LIKE:ZerosLikeOptions FILL:FillOptions FLOOR_MOD:FloorModOptions RANGE:RangeOptions
  RESIZE_NEAREST_NEIGHBOR:ResizeNearestNeighborOptions LEAKY_RELU:LeakyReluOptions SQUARED_DIFFERENCE:SquaredDifferenceOptions
  MIRROR_PAD:MirrorPadOptions ABS:AbsOptions SPLIT_V:SplitVOptions UNIQUE:UniqueOptions CEIL REVERSE_V2:ReverseV2Options
  ADD_N:AddNOptions GATHER_ND:GatherNdOptions COS:CosOptions WHERE:WhereOptions RANK:RankOptions ELU
  REVERSE_SEQUENCE:ReverseSequenceOptions MATRIX_DIAG:MatrixDiagOptions QUANTIZE:QuantizeOptions
  MATRIX_SET_DIAG:MatrixSetDiagOptions ROUND HARD_SWISH:HardSwishOptions IF:IfOptions WHILE:WhileOptions
  NON_MAX_SUPPRESSION_V4:NonMaxSuppressionV4Options NON_MAX_SUPPRESSION_V5:NonMaxSuppressionV5Options SCATTER_ND:ScatterNdOptions
  SELECT_V2:SelectV2Options DENSIFY:DensifyOptions SEGMENT_SUM:SegmentSumOptions BATCH_MATMUL:BatchMatMulOptions
  PLACEHOLDER_FOR_GREATER_OP_CODES CUMSUM:CumsumOptions CALL_ONCE:CallOnceOptions BROADCAST_TO:BroadcastToOptions
  RFFT2D:Rfft2dOptions CONV_3D:Conv3DOptions IMAG REAL COMPLEX_ABS HASHTABLE:HashtableOptions HASHTABLE_FIND:HashtableFindOptions
  HASHTABLE_IMPORT:HashtableImportOptions HASHTABLE_SIZE:HashtableSizeOptions REDUCE_ALL:ReducerOptions
  CONV_3D_TRANSPOSE:Conv3DOptions VAR_HANDLE:VarHandleOptions READ_VARIABLE:ReadVariableOptions
  ASSIGN_VARIABLE:AssignVariableOptions BROADCAST_ARGS RANDOM_STANDARD_NORMAL:RandomOptions BUCKETIZE:BucketizeOptions
  RANDOM_UNIFORM:RandomOptions MULTINOMIAL:RandomOptions GELU:GeluOptions DYNAMIC_UPDATE_SLICE:DynamicUpdateSliceOptions
  RELU_0_TO_1 UNSORTED_SEGMENT_PROD:UnsortedSegmentProdOptions UNSORTED_SEGMENT_MAX:UnsortedSegmentMaxOptions
  UNSORTED_SEGMENT_SUM:UnsortedSegmentSumOptions ATAN2:ATan2Options UNSORTED_SEGMENT_MIN:UnsortedSegmentMinOptions SIGN:SignOptions
  BITCAST:BitcastOptions BITWISE_XOR:BitwiseXorOptions RIGHT_SHIFT:RightShiftOptions
  STABLEHLO_LOGISTIC STABLEHLO_ADD STABLEHLO_DIVIDE STABLEHLO_MULTIPLY STABLEHLO_MAXIMUM STABLEHLO_RESHAPE STABLEHLO_CLAMP
  STABLEHLO_CONCATENATE STABLEHLO_BROADCAST_IN_DIM STABLEHLO_CONVOLUTION STABLEHLO_SLICE STABLEHLO_CUSTOM_CALL STABLEHLO_REDUCE
  STABLEHLO_ABS STABLEHLO_AND STABLEHLO_COSINE STABLEHLO_EXPONENTIAL STABLEHLO_FLOOR STABLEHLO_LOG STABLEHLO_MINIMUM
  STABLEHLO_NEGATE STABLEHLO_OR STABLEHLO_POWER STABLEHLO_REMAINDER STABLEHLO_RSQRT STABLEHLO_SELECT STABLEHLO_SUBTRACT
  STABLEHLO_TANH STABLEHLO_SCATTER STABLEHLO_COMPARE STABLEHLO_CONVERT STABLEHLO_DYNAMIC_SLICE STABLEHLO_DYNAMIC_UPDATE_SLICE
  STABLEHLO_PAD STABLEHLO_IOTA STABLEHLO_DOT_GENERAL STABLEHLO_REDUCE_WINDOW STABLEHLO_SORT STABLEHLO_WHILE STABLEHLO_GATHER
  STABLEHLO_TRANSPOSE DILATE STABLEHLO_RNG_BIT_GENERATOR REDUCE_WINDOW STABLEHLO_COMPOSITE STABLEHLO_SHIFT_LEFT STABLEHLO_CBRT
  STABLEHLO_CASE`;

const entries = listing
  .trim()
  .split(/\s+/)
  .map((entry) => entry.split(':') as [string, string | undefined]);

/** Names of the operators; the index is the code. */
export const builtinOperators: readonly string[] = entries.map(([name]) => name);

/** The table of options that belongs to an operator. */
export const optionsOf: ReadonlyMap<string, string | undefined> = new Map(entries);

/** From here on codes do not fit the field that older files have for them. */
export const firstGreaterCode = builtinOperators.indexOf('PLACEHOLDER_FOR_GREATER_OP_CODES');
