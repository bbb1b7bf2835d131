/**
 * The graph every technique works on: a plain, mutable-by-copy picture of an ONNX file.
 * Tensors are shared between copies and never changed in place; nodes are copied by `copyGraph`.
 */
export type ElementType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'bool'
  | 'string'
  | 'int4'
  | 'uint4'
  /** A sequence, a map or an optional value; only in networks that are read to be inspected. */
  | 'other';

/** float16 and bfloat16 are held as their bit patterns in a Uint16Array; bool and (u)int4 pairs as bytes. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

export interface Tensor {
  type: ElementType;
  shape: number[];
  data: TensorData;
}

export type Attribute =
  | { type: 'int'; value: number }
  | { type: 'float'; value: number }
  | { type: 'string'; value: string }
  | { type: 'tensor'; value: Tensor }
  | { type: 'ints'; value: number[] }
  | { type: 'floats'; value: number[] }
  | { type: 'strings'; value: string[] }
  /** A branch of an `If`. */
  | { type: 'graph'; value: Subgraph }
  /** Only in networks that are read to be inspected. */
  | { type: 'subgraph'; value?: undefined };

export interface Node {
  name: string;
  op: string;
  /** '' for the standard operators. */
  domain: string;
  /** Value names; '' marks an absent optional input. */
  inputs: string[];
  outputs: string[];
  attributes: Record<string, Attribute>;
}

/** A dimension is a number, or the name of a symbol such as "batch". */
export type Dimension = number | string;

/** The dimension of which a file says nothing, not even a name. Two of these need not be equal. */
export const unknownDimension = '?';

export interface GraphValue {
  name: string;
  type: ElementType;
  shape: Dimension[];
}

export interface Graph {
  name: string;
  /** The file it was read from, for messages; what is made in memory has none. */
  origin?: string;
  producer: string;
  irVersion: number;
  /** Opset version by domain; '' is the standard one. */
  opsets: Record<string, number>;
  inputs: GraphValue[];
  outputs: GraphValue[];
  /** In topological order. */
  nodes: Node[];
  initializers: Map<string, Tensor>;
  metadata: Record<string, string>;
}

/** A graph within a node: it may read the values of the graphs around it, and has no name that one of these has. */
export type Subgraph = Pick<Graph, 'name' | 'inputs' | 'outputs' | 'nodes' | 'initializers'>;

/** A copy whose nodes and maps may be changed; tensor data and subgraphs are shared. */
export function copyGraph(graph: Graph): Graph {
  return {
    ...graph,
    opsets: { ...graph.opsets },
    inputs: graph.inputs.map((value) => ({ ...value, shape: [...value.shape] })),
    outputs: graph.outputs.map((value) => ({ ...value, shape: [...value.shape] })),
    nodes: graph.nodes.map((node) => ({
      ...node,
      inputs: [...node.inputs],
      outputs: [...node.outputs],
      attributes: { ...node.attributes },
    })),
    initializers: new Map(graph.initializers),
    metadata: { ...graph.metadata },
  };
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}
