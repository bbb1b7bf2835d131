import type { Graph, Tensor } from '../onnx/graph';
import { packedInitializer } from './bit-planes';
import type { FreshNames } from './fresh-names';
import { countZeros, sparseBytes, sparseInitializer } from './sparse-decode';

/** A form that saves less than this share of the bytes is not worth decoding. */
const leastSaving = 0.05;
/** Bytes that the nodes which join bit planes take in the file, about. */
const planeDecoderBytes = 600;

/** The distinct numbers, ascending, up to as many as 7 bits can tell apart; undefined where there are more. */
function fewNumbers(data: Int8Array): number[] | undefined {
  const seen = new Set<number>();
  for (const value of data) if (seen.add(value).size > 128) return undefined;
  return [...seen].sort((a, b) => a - b);
}

/**
 * Stores int8 weights in the graph in the form that takes fewest bytes: as they are, without their zeros, or, where few numbers occur, in as
 * many bits as tell those apart. Returns the name. Changes `graph`, which must be a copy of the caller's own.
 * @param zero the integer that stands for weight 0
 */
export function storeInt8(graph: Graph, integers: Tensor, names: FreshNames, zero = 0): string {
  const name = names.next();
  const data = integers.data as Int8Array;
  const table = fewNumbers(data);
  const bits = table === undefined ? 8 : Math.max(1, Math.ceil(Math.log2(table.length)));
  const zeros = countZeros(data);
  const packedBits = Math.min(bits, 1 + (1 - zeros / data.length) * bits);
  const packed = table === undefined ? Infinity : (data.length * packedBits) / 8 + table.length + planeDecoderBytes;
  const sparse = sparseBytes(integers, zeros);
  if (Math.min(packed, sparse) > data.length * (1 - leastSaving)) graph.initializers.set(name, integers);
  else if (table === undefined || sparse < packed) sparseInitializer(graph, name, integers, names);
  else {
    const codeOf = new Map(table.map((value, code) => [value, code]));
    const codes = Uint8Array.from(data, (value) => codeOf.get(value)!);
    const decode = { table: Int8Array.from(table) };
    packedInitializer(graph, name, { codes, bits, shape: integers.shape, decode, zeroCode: codeOf.get(zero) }, names);
  }
  return name;
}
