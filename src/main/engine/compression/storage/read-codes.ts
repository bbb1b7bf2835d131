import { intsAttribute } from '../../onnx/attributes';
import type { Graph, Node, Tensor } from '../../onnx/graph';
import { elementCount } from '../../onnx/graph';
import { indexGraph, type GraphIndex } from '../../onnx/graph-index';
import { constantNodes, evaluateConstants } from '../layers/decode-weights';
import { weightStorage } from '../layers/network-form';
import { codebookOf, entriesOf, type CodedWeights } from './codebook';

/** The values from which a graph decodes a weight, by name. */
interface Decoder {
  /** int32, one row of codes after the other: `[codes]` or `[rows, codes a row]`. */
  codes: string;
  bits: number;
  shape: number[];
  permutation?: readonly number[];
  parts: { table: string } | { scale: string; zeroPoint: string } | { bases: string };
}

/**
 * The weights of layers that a file keeps in few bits as `packedInitializer` writes them, by the names under which layers read them: packed
 * again, they make the same nodes. Weights that something else decodes are left out.
 */
export async function readCodes(graph: Graph): Promise<Map<string, CodedWeights>> {
  const index = indexGraph(graph);
  const constants = constantNodes(graph);
  const decoders = new Map<string, Decoder>();
  for (const [name, storage] of weightStorage(graph)) {
    const decoder = storage === 'codes' ? decoderOf(graph, index, name) : undefined;
    if (decoder && valuesOf(decoder).every((value) => constants.types.has(value))) decoders.set(name, decoder);
  }
  const computed = [...decoders.values()].flatMap(valuesOf).filter((name) => !graph.initializers.has(name));
  if (computed.length === 0) return new Map();
  const values = await evaluateConstants(graph, constants, new Set(computed));
  const valueOf = (name: string): Tensor => (values.get(name) ?? graph.initializers.get(name))!;
  return new Map(
    [...decoders].flatMap(([name, decoder]) => {
      const coded = codedWeights(decoder, valueOf);
      return coded ? [[name, coded]] : [];
    }),
  );
}

const valuesOf = ({ codes, parts }: Decoder): string[] => [codes, ...Object.values<string>(parts)];

/** Undefined where parts do not fit together: then it was another who wrote them. */
function codedWeights(
  { codes, bits, shape, permutation, parts }: Decoder,
  valueOf: (name: string) => Tensor,
): CodedWeights | undefined {
  const listed = valueOf(codes);
  const length = elementCount(shape);
  const isReal = Object.values<string>(parts).every((name) => valueOf(name).type === 'float32');
  if (listed.type !== 'int32' || listed.data.length < length || listed.shape.length > 2 || !isReal) return undefined;
  const reals = (name: string): Float32Array => valueOf(name).data as Float32Array;
  const coded: CodedWeights = {
    codes: Uint8Array.from((listed.data as Int32Array).subarray(0, length)),
    bits,
    shape,
    rowLength: listed.shape[1] ?? length,
    decode:
      'table' in parts
        ? { table: reals(parts.table) }
        : 'bases' in parts
          ? { bases: reals(parts.bases) }
          : { scale: reals(parts.scale), zeroPoint: reals(parts.zeroPoint) },
    ...(permutation && { permutation }),
  };
  if (!fits(coded)) return undefined;
  const zeroCode = zeroCodeOf(coded);
  return zeroCode === undefined ? coded : { ...coded, zeroCode };
}

function fits({ codes, bits, rowLength, decode }: CodedWeights): boolean {
  const rows = Math.ceil(codes.length / rowLength);
  const isOneOrAll = ({ length }: Float32Array): boolean => length === 1 || length === rows;
  const hasEntry = (entries: number): boolean => codes.every((code) => code < entries);
  if ('table' in decode) return decode.table.length % rows === 0 && hasEntry(decode.table.length / rows);
  if ('bases' in decode) return decode.bases.length === rows * bits && hasEntry(2 ** bits);
  return isOneOrAll(decode.scale) && isOneOrAll(decode.zeroPoint) && hasEntry(2 ** bits);
}

/** The code that stands for 0 in every row. */
function zeroCodeOf(coded: CodedWeights): number | undefined {
  const book = codebookOf(coded);
  const values = entriesOf(book, book.numbers);
  for (let code = 0; code < book.entries; code++) {
    let row = 0;
    while (row < book.rows && values[row * book.entries + code] === 0) row++;
    if (row === book.rows) return code;
  }
  return undefined;
}

/** Follows a weight back through the nodes that `packedInitializer` writes; undefined where they are others. */
function decoderOf(graph: Graph, { producer }: GraphIndex, name: string): Decoder | undefined {
  const source = (node: Node | undefined, input: number): Node | undefined => producer(node?.inputs[input] ?? '');
  let node = producer(name);
  const permutation = node?.op === 'Transpose' ? intsAttribute(node, 'perm') : undefined;
  if (node?.op === 'Transpose') node = source(node, 0);
  const target = graph.initializers.get(node?.inputs[1] ?? '');
  if (node?.op !== 'Reshape' || target?.type !== 'int64') return undefined;
  const shape = Array.from(target.data as BigInt64Array, Number);
  let values = source(node, 0);
  // Rows that the last one does not fill were padded.
  if (values?.op === 'Slice') values = source(source(values, 0), 0);
  const found = partsOf(values, source);
  if (!found || shape.some((size) => size < 1)) return undefined;
  const bits = bitsOf(graph, producer, found.codes);
  return bits === undefined ? undefined : { ...found, bits, shape, ...(permutation && { permutation }) };
}

function partsOf(
  node: Node | undefined,
  source: (node: Node | undefined, input: number) => Node | undefined,
): Pick<Decoder, 'codes' | 'parts'> | undefined {
  const [first, second] = node?.inputs ?? [];
  if (!node || first === undefined || second === undefined) return undefined;
  if (node.op === 'Gather') return { codes: second, parts: { table: first } };
  if (node.op === 'GatherElements') {
    const maker = source(node, 0);
    return { codes: second, parts: maker?.op === 'MatMul' ? { bases: maker.inputs[0]! } : { table: first } };
  }
  const [centred, numbers] = [source(node, 0), source(source(node, 0), 0)];
  if (node.op !== 'Mul' || centred?.op !== 'Sub' || numbers?.op !== 'Cast') return undefined;
  return { codes: numbers.inputs[0]!, parts: { scale: second, zeroPoint: centred.inputs[1]! } };
}

const byteBits = 8;

/** Bits of the codes: each plane of bytes holds a field, as wide as the shifts that part a byte are far from each other. */
function bitsOf(graph: Graph, producer: GraphIndex['producer'], codes: string): number | undefined {
  const widths = new Map<string, number>();
  const seen = new Set<Node>();
  const open = [codes];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    const node = producer(value);
    if (!node || seen.has(node)) continue;
    seen.add(node);
    open.push(...node.inputs);
    const plane = graph.initializers.get(node.inputs[0] ?? '');
    if (plane?.type !== 'uint8' || plane.shape.length !== 2 || plane.shape[0] !== 1) continue;
    const shifts = graph.initializers.get(node.inputs[1] ?? '');
    if (node.op === 'Reshape') widths.set(node.inputs[0]!, byteBits);
    else if (node.op === 'BitShift' && shifts?.shape.length === 2)
      widths.set(node.inputs[0]!, byteBits / shifts.data.length);
  }
  const bits = [...widths.values()].reduce((sum, width) => sum + width, 0);
  return bits >= 1 && bits <= byteBits ? bits : undefined;
}
