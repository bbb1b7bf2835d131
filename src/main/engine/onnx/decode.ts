import {
  AttributeProto_AttributeType as Kind,
  type AttributeProto,
  type GraphProto,
  type ModelProto,
  type NodeProto,
  type ValueInfoProto,
} from 'onnx-buf';
import { AppError } from '@shared/errors';
import { decodeTensor, type TensorSource } from './decode-tensor';
import { codeName, elementTypeOf } from './element-type';
import {
  unknownDimension,
  type Attribute,
  type Dimension,
  type Graph,
  type GraphValue,
  type Node,
  type Subgraph,
  type Tensor,
} from './graph';

/** Node names become unique and non-empty, because people and techniques name layers by them. */
export function decodeGraph(model: ModelProto, message: GraphProto, source: TensorSource): Graph {
  if (!source.passesOver) refuseFunctions(model, message, source.origin);
  return {
    ...decodeNodes(message, source),
    producer: model.producerName,
    // Below version 4 every tensor had to be a graph input too; the graph here never lists it twice.
    irVersion: Math.max(4, Number(model.irVersion)),
    opsets: Object.fromEntries(model.opsetImport.map(({ domain, version }) => [standard(domain), Number(version)])),
    metadata: Object.fromEntries(model.metadataProps.map(({ key, value }) => [key, value])),
  };
}

function decodeNodes(message: GraphProto, source: TensorSource): Subgraph {
  const path = source.origin;
  if (!source.passesOver) refuseSparse(message, path);
  const initializers = new Map<string, Tensor>();
  const define = (name: string, tensor: Tensor): void => {
    if (name === '') throw new AppError('model.invalid-graph', { path, detail: 'a tensor has no name' });
    if (initializers.has(name))
      throw new AppError('model.invalid-graph', { path, detail: `there are two tensors "${name}"` });
    initializers.set(name, tensor);
  };
  for (const tensor of message.initializer) define(tensor.name, decodeTensor(tensor, tensor.name, source));

  const nodes: Node[] = [];
  const nameNode = uniqueNames(message.node.map(({ name }) => name));
  for (const [index, nodeMessage] of message.node.entries()) {
    const usual = `${nodeMessage.opType}_${index}`;
    const node = decodeNode(nodeMessage, nodeMessage.name || usual, source);
    const constant = node.op === 'Constant' && node.domain === '' ? constantOf(node) : undefined;
    if (constant) define(node.outputs[0] ?? '', constant);
    else nodes.push({ ...node, name: nameNode(nodeMessage.name, usual) });
  }
  return {
    name: message.name,
    inputs: message.input
      .filter(({ name }) => !initializers.has(name))
      .map((value) => decodeValue(value, 'input', source)),
    outputs: message.output.map((value) => decodeValue(value, 'output', source)),
    nodes,
    initializers,
  };
}

function refuseSparse({ sparseInitializer: [sparse] }: GraphProto, path: string): void {
  if (!sparse) return;
  const node = sparse.values?.name ?? '';
  throw new AppError('model.unsupported-operator', { path, node, operator: 'a sparse initializer' });
}

function refuseFunctions(model: ModelProto, message: GraphProto, path: string): void {
  const local = model.functions[0];
  if (local) {
    const node = message.node.find((candidate) => candidate.opType === local.name)?.name ?? local.name;
    throw new AppError('model.unsupported-operator', {
      path,
      node,
      operator: `the model-local function ${local.name}`,
    });
  }
}

/** "ai.onnx" is the long name of the standard domain. */
function standard(domain: string): string {
  return domain === 'ai.onnx' ? '' : domain;
}

/** Names that files give stay, whatever nodes without one stand before: layers are known by them. @param given all of a graph */
function uniqueNames(given: readonly string[]): (name: string, usual: string) => string {
  const [known, kept] = [new Set(given), new Set<string>()];
  return (name, usual) => {
    if (name !== '' && !kept.has(name)) {
      kept.add(name);
      return name;
    }
    let unique = name || usual;
    for (let suffix = 2; known.has(unique); suffix++) unique = `${name || usual}_${suffix}`;
    known.add(unique);
    return unique;
  };
}

function decodeNode(message: NodeProto, name: string, source: TensorSource): Node {
  return {
    name,
    op: message.opType,
    domain: standard(message.domain),
    inputs: message.input,
    outputs: message.output,
    attributes: Object.fromEntries(
      message.attribute.map((attribute) => [attribute.name, decodeAttribute(attribute, message.opType, name, source)]),
    ),
  };
}

function decodeAttribute(message: AttributeProto, op: string, node: string, source: TensorSource): Attribute {
  switch (message.type) {
    case Kind.INT:
      return { type: 'int', value: Number(message.i) };
    case Kind.FLOAT:
      return { type: 'float', value: message.f };
    case Kind.STRING:
      return { type: 'string', value: text(message.s) };
    case Kind.INTS:
      return { type: 'ints', value: message.ints.map(Number) };
    case Kind.FLOATS:
      return { type: 'floats', value: message.floats };
    case Kind.STRINGS:
      return { type: 'strings', value: message.strings.map(text) };
    case Kind.TENSOR:
      if (message.t)
        return { type: 'tensor', value: decodeTensor(message.t, message.t.name || `${node}.${message.name}`, source) };
      break;
    case Kind.GRAPH:
    case Kind.GRAPHS:
      if (op === 'If' && message.g && source.branchDepth !== undefined)
        return { type: 'graph', value: decodeBranch(message.g, node, source, source.branchDepth) };
      if (source.passesOver) return { type: 'subgraph' };
      throw new AppError('model.unsupported-operator', { path: source.origin, node, operator: `${op} (a subgraph)` });
    default:
      break;
  }
  const detail = `attribute "${message.name}" of node "${node}" has the type ${Kind[message.type]}`;
  throw new AppError('model.invalid-graph', { path: source.origin, detail });
}

function decodeBranch(message: GraphProto, node: string, source: TensorSource, depth: number): Subgraph {
  if (depth > 0) return decodeNodes(message, { ...source, branchDepth: depth - 1 });
  const detail = `the branches of node "${node}" are within too many others`;
  throw new AppError('model.invalid-graph', { path: source.origin, detail });
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** The tensor of a Constant node in any of its spellings; undefined for strings and sparse values, which stay nodes. */
function constantOf(node: Node): Tensor | undefined {
  const { value, value_float, value_floats, value_int, value_ints } = node.attributes;
  if (value?.type === 'tensor') return value.value;
  if (value_float?.type === 'float') return { type: 'float32', shape: [], data: Float32Array.of(value_float.value) };
  if (value_floats?.type === 'floats') {
    return { type: 'float32', shape: [value_floats.value.length], data: Float32Array.from(value_floats.value) };
  }
  if (value_int?.type === 'int') return { type: 'int64', shape: [], data: BigInt64Array.of(BigInt(value_int.value)) };
  if (value_ints?.type === 'ints') {
    return { type: 'int64', shape: [value_ints.value.length], data: BigInt64Array.from(value_ints.value, BigInt) };
  }
  return undefined;
}

function decodeValue(
  message: ValueInfoProto,
  role: 'input' | 'output',
  { origin: path, passesOver }: TensorSource,
): GraphValue {
  const { name, type } = message;
  if (type?.value.case !== 'tensorType') {
    if (type === undefined || type.value.case === undefined) {
      throw new AppError('model.invalid-graph', { path, detail: `the ${role} "${name}" has no type` });
    }
    if (passesOver) return { name, type: 'other', shape: [] };
    throw new AppError('model.not-classifier', { path, detail: `its ${role} "${name}" is not a tensor` });
  }
  const { elemType, shape } = type.value.value;
  const elementType = elementTypeOf(elemType);
  if (elementType === undefined) {
    const detail = `the ${role} "${name}" has the element type ${codeName(elemType)}`;
    throw new AppError('model.invalid-graph', { path, detail });
  }
  return { name, type: elementType, shape: (shape?.dim ?? []).map(({ value }) => decodeDimension(value)) };
}

/** Exporters write a dimension they do not know as nothing, as "", as 0 or as -1. */
function decodeDimension(value: { case?: string; value?: bigint | string }): Dimension {
  if (typeof value.value === 'string' && value.value !== '') return value.value;
  if (typeof value.value === 'bigint' && value.value > 0n && value.value <= BigInt(Number.MAX_SAFE_INTEGER)) {
    return Number(value.value);
  }
  return unknownDimension;
}
