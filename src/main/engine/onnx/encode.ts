import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import {
  AttributeProto_AttributeType as Kind,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  type TypeProtoSchema,
  type ValueInfoProtoSchema,
} from 'onnx-buf';
import { codeOf } from './element-type';
import {
  unknownDimension,
  type Attribute,
  type Graph,
  type GraphValue,
  type Node,
  type Subgraph,
  type Tensor,
} from './graph';
import { subgraphsOf } from './subgraphs';

/** Field numbers of onnx.proto that are written by hand, so that weights are never copied into a growing buffer. */
const modelGraphField = 7;
const graphField = { node: 1, initializer: 5 };
const nodeAttributeField = 5;
const attributeGraphField = 6;
const tensorField = { dims: 1, dataType: 2, name: 8, rawData: 9 };

export interface EncodeOptions {
  /** Outputs carry no type and no shape: the runtime infers both, for operators too that Whittle has no rule for. */
  openOutputs?: boolean;
}

/**
 * The ONNX file of a graph as parts to be written one after another. Large parts are views of the tensors themselves.
 */
export function encodeParts(graph: Graph, { openOutputs = false }: EncodeOptions = {}): Uint8Array[] {
  return [encodeModelFields(graph), ...prefixed(modelGraphField, graphParts(graph, openOutputs))];
}

function graphParts(graph: Subgraph, openOutputs: boolean): Uint8Array[] {
  const first = graph.nodes.findIndex((node) => subgraphsOf(node).length > 0);
  const plain = first < 0 ? graph.nodes.length : first;
  const parts: Uint8Array[] = [encodeStructure({ ...graph, nodes: graph.nodes.slice(0, plain) }, openOutputs)];
  for (const node of graph.nodes.slice(plain)) parts.push(...prefixed(graphField.node, nodeParts(node)));
  for (const [name, tensor] of graph.initializers) {
    const raw = bytesOf(tensor);
    parts.push(...prefixed(graphField.initializer, [encodeTensorHeader(name, tensor, raw.byteLength), raw]));
  }
  return parts;
}

/** A node whose attributes may be graphs: these come last, in parts. */
function nodeParts(node: Node): Uint8Array[] {
  const attributes = Object.entries(node.attributes);
  const others = Object.fromEntries(attributes.filter(([, { type }]) => type !== 'graph'));
  const parts: Uint8Array[] = [
    toBinary(NodeProtoSchema, create(NodeProtoSchema, nodeMessage({ ...node, attributes: others }))),
  ];
  for (const [name, attribute] of attributes) {
    if (attribute.type !== 'graph') continue;
    const header = toBinary(AttributeProtoSchema, create(AttributeProtoSchema, { name, type: Kind.GRAPH }));
    const body = prefixed(attributeGraphField, graphParts(attribute.value, false));
    parts.push(...prefixed(nodeAttributeField, [header, ...body]));
  }
  return parts;
}

/** Everything of the ModelProto but the graph. It comes first, so that a file cut short is recognised as one. */
function encodeModelFields(graph: Graph): Uint8Array {
  const model = create(ModelProtoSchema, {
    irVersion: BigInt(graph.irVersion),
    producerName: graph.producer,
    opsetImport: Object.entries(graph.opsets).map(([domain, version]) => ({ domain, version: BigInt(version) })),
    metadataProps: Object.entries(graph.metadata).map(([key, value]) => ({ key, value })),
  });
  return toBinary(ModelProtoSchema, model);
}

/** The GraphProto without its initializers. */
function encodeStructure(graph: Subgraph, openOutputs: boolean): Uint8Array {
  const message = create(GraphProtoSchema, {
    name: graph.name,
    node: graph.nodes.map(nodeMessage),
    input: graph.inputs.map(valueMessage),
    output: openOutputs ? graph.outputs.map(({ name }) => ({ name })) : graph.outputs.map(valueMessage),
  });
  return toBinary(GraphProtoSchema, message);
}

function nodeMessage(node: Node) {
  return {
    name: node.name,
    opType: node.op,
    domain: node.domain,
    input: node.inputs,
    output: node.outputs,
    attribute: Object.entries(node.attributes).map(([name, attribute]) => attributeMessage(name, attribute)),
  };
}

function attributeMessage(name: string, attribute: Attribute): MessageInitShape<typeof AttributeProtoSchema> {
  switch (attribute.type) {
    case 'int':
      return { name, type: Kind.INT, i: int64(attribute.value) };
    case 'float':
      return { name, type: Kind.FLOAT, f: Math.fround(attribute.value) };
    case 'string':
      return { name, type: Kind.STRING, s: utf8(attribute.value) };
    case 'ints':
      return { name, type: Kind.INTS, ints: attribute.value.map(int64) };
    case 'floats':
      return { name, type: Kind.FLOATS, floats: attribute.value.map(Math.fround) };
    case 'strings':
      return { name, type: Kind.STRINGS, strings: attribute.value.map(utf8) };
    case 'graph':
      throw new Error('a graph is written in parts');
    case 'subgraph':
      throw new Error('a network that was read to be inspected is never written');
    case 'tensor': {
      const { type, shape } = attribute.value;
      const dims = shape.map(BigInt);
      return { name, type: Kind.TENSOR, t: { dims, dataType: codeOf(type), rawData: bytesOf(attribute.value) } };
    }
  }
}

function valueMessage(value: GraphValue): MessageInitShape<typeof ValueInfoProtoSchema> {
  const dim = value.shape.map((dimension) => {
    if (dimension === unknownDimension) return {};
    return typeof dimension === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(dimension) } }
      : { value: { case: 'dimParam' as const, value: dimension } };
  });
  // An empty shape also stands for "the file did not say": leave it to the runtime to infer.
  const shape = dim.length > 0 ? { dim } : undefined;
  const type: MessageInitShape<typeof TypeProtoSchema> = {
    value: { case: 'tensorType', value: { elemType: codeOf(value.type), shape } },
  };
  return { name: value.name, type };
}

function encodeTensorHeader(name: string, tensor: Tensor, rawBytes: number): Uint8Array {
  const writer = new BinaryWriter();
  for (const dimension of tensor.shape) writer.tag(tensorField.dims, WireType.Varint).int64(dimension);
  writer.tag(tensorField.dataType, WireType.Varint).int32(codeOf(tensor.type));
  writer.tag(tensorField.name, WireType.LengthDelimited).string(name);
  writer.tag(tensorField.rawData, WireType.LengthDelimited).uint32(rawBytes);
  return writer.finish();
}

/** The parts of a message as a field of another. */
function prefixed(field: number, parts: readonly Uint8Array[]): Uint8Array[] {
  const bytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
  return [new BinaryWriter().tag(field, WireType.LengthDelimited).uint32(bytes).finish(), ...parts];
}

function bytesOf(tensor: Tensor): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = tensor.data;
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}

const maxInt64 = 2n ** 63n - 1n;

/** Attributes hold numbers, and "to the end" is written as the largest int64, which a number rounds up to 2^63. */
function int64(value: number): bigint {
  const integer = BigInt(Math.trunc(value));
  return integer > maxInt64 ? maxInt64 : integer < -maxInt64 - 1n ? -maxInt64 - 1n : integer;
}

function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
