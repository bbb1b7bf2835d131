/**
 * A TensorFlow Lite network as plain values: what the reader gives and the writer takes. Names and numbers are those of the public schema
 * (schema.fbs, version 3); absent fields stay absent in the file.
 */
export interface TfliteModel {
  description?: string;
  graphs: TfliteGraph[];
  /** Entries of the model's metadata table, such as "TFLITE_METADATA" and "min_runtime_version". */
  metadata?: { name: string; data: Uint8Array }[];
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
  | 'INT2';

export interface TfliteTensor {
  name: string;
  shape: number[];
  type: TfliteType;
  /** Little endian, as in the file; absent: computed while running. */
  data?: Uint8Array;
  quantization?: TfliteQuantization;
}

/** real = scale[c] (code - zeroPoint[c]), c along `axis`; one scale: the whole tensor. */
export interface TfliteQuantization {
  scale: number[];
  zeroPoint: number[];
  axis: number;
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
  customCode?: string;
  customOptions?: Uint8Array;
}

export type TfliteOption = number | boolean | string | readonly number[];
