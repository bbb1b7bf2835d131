import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import {
  AttributeProto_AttributeType as Kind,
  GraphProtoSchema,
  ModelProtoSchema,
  type AttributeProtoSchema,
  type TypeProtoSchema,
  type ValueInfoProtoSchema,
} from 'onnx-buf';
import { codeOf } from './element-type';
import { unknownDimension, type Attribute, type Graph, type GraphValue, type Node, type Tensor } from './graph';

/** Field numbers of onnx.proto that are written by hand, so that weights are never copied into a growing buffer. */
const modelGraphField = 7;
const graphInitializerField = 5;
const tensorField = { dims: 1, dataType: 2, name: 8, rawData: 9 };

export interface EncodeOptions {
  /** Outputs carry no type and no shape: the runtime infers both, for operators too that Whittle has no rule for. */
  openOutputs?: boolean;
}

/**
 * The ONNX file of a graph as parts to be written one after another. Large parts are views of the tensors themselves.
 */
export function encodeParts(graph: Graph, { openOutputs = false }: EncodeOptions = {}): Uint8Array[] {
  const body: Uint8Array[] = [encodeStructure(graph, openOutputs)];
  for (const [name, tensor] of graph.initializers) {
    const raw = bytesOf(tensor);
    const header = encodeTensorHeader(name, tensor, raw.byteLength);
    body.push(lengthPrefix(graphInitializerField, header.byteLength + raw.byteLength), header, raw);
  }
  const bodyBytes = body.reduce((sum, part) => sum + part.byteLength, 0);
  return [encodeModelFields(graph), lengthPrefix(modelGraphField, bodyBytes), ...body];
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
function encodeStructure(graph: Graph, openOutputs: boolean): Uint8Array {
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

function lengthPrefix(field: number, length: number): Uint8Array {
  return new BinaryWriter().tag(field, WireType.LengthDelimited).uint32(length).finish();
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
