/**
 * A TensorFlow Lite network as plain values: what the reader gives and the writer takes. Names and numbers are those of the public schema
 * (schema.fbs, version 3); absent fields stay absent in the file.
 */
export interface TfliteModel {
  description?: string;
  graphs: TfliteGraph[];
  /** Entries of the model's metadata table, such as "TFLITE_METADATA" and "min_runtime_version". */
  metadata?: { name: string; data: Uint8Array }[];
  /** Files that lie behind the network in an archive, such as the names of its classes; the metadata say what each is. */
  associatedFiles?: { name: string; content: Uint8Array }[];
}

export interface TfliteGraph {
  name?: string;
  tensors: TfliteTensor[];
  operators: TfliteOperator[];
  /** Indices of tensors. */
  inputs: number[];
  outputs: number[];
}

export type TfliteType =
  | 'FLOAT32'
  | 'FLOAT16'
  | 'INT32'
  | 'UINT8'
  | 'INT64'
  | 'STRING'
  | 'BOOL'
  | 'INT16'
  | 'COMPLEX64'
  | 'INT8'
  | 'FLOAT64'
  | 'COMPLEX128'
  | 'UINT64'
  | 'RESOURCE'
  | 'VARIANT'
  | 'UINT32'
  | 'UINT16'
  | 'INT4'
  | 'BFLOAT16'
  | 'INT2'
  | 'UINT4'
  | 'FLOAT8_E4M3FN'
  | 'FLOAT8_E5M2';

export interface TfliteTensor {
  name: string;
  shape: number[];
  type: TfliteType;
  /** Little endian, as in the file; absent: computed while running. */
  data?: Uint8Array;
  quantization?: TfliteQuantization;
  /** With -1 for dimensions that the caller chooses, where there are any. */
  shapeSignature?: number[];
  /** Keeps its content from one run to the next. */
  isVariable?: boolean;
  /** Only some elements are stored, and `data` are those. Which ones is not decoded. */
  isSparse?: boolean;
  /** Which elements are stored, of a tensor that is to be written. */
  sparsity?: RowSparsity;
}

/** Elements of a tensor row by row, a row being its last axis (compressed sparse rows). */
export interface RowSparsity {
  /** Where each row begins among the stored elements, and where the last one ends. */
  segments: number[];
  /** The place of each stored element in its row. */
  indices: number[];
}

/** real = scale[c] (code - zeroPoint[c]), c along `axis`; one scale: the whole tensor. */
export interface TfliteQuantization {
  scale: number[];
  zeroPoint: number[];
  axis: number;
  /** A form with other parameters, such as "BlockwiseQuantization", of which only the name is known here; it is not written. */
  details?: string;
}

export interface TfliteOperator {
  /** As in the schema: "CONV_2D"; "CUSTOM" with `customCode`. */
  op: string;
  version: number;
  /** Indices of tensors, -1: left out. */
  inputs: number[];
  outputs: number[];
  /** Fields of the operator's options table by their names in the schema, enumerations as their names: { padding: 'SAME', strideW: 2 }. */
  options?: Record<string, TfliteOption>;
  /** The file has options of a kind that is not known here; they are not written. */
  hasUnknownOptions?: boolean;
  customCode?: string;
  customOptions?: Uint8Array;
}

export type TfliteOption = number | boolean | string | readonly number[];
