import type { Graph, Tensor } from '../../onnx/graph';
import { packedInitializer, type PackedWeights } from './bit-planes';
import type { FreshNames } from '../../onnx/fresh-names';
import { countZeros, sparseBytes, sparseInitializer } from './sparse-decode';

/** A form that saves less than this share of the bytes is not worth decoding. */
const leastSaving = 0.05;
/** Bytes that the nodes which join bit planes take in the file, about. */
const planeDecoderBytes = 600;
/** More distinct numbers than 7 bits can tell apart are kept as they are. */
const largestTable = 128;

const bitsFor = (count: number): number => Math.max(1, Math.ceil(Math.log2(count)));

/** The distinct numbers, ascending; undefined where there are too many for a table. */
function fewNumbers(data: Int8Array): number[] | undefined {
  const isSeen = new Uint8Array(256);
  let count = 0;
  for (const value of data) {
    if (isSeen[value + 128] === 1) continue;
    isSeen[value + 128] = 1;
    if (++count > largestTable) return undefined;
  }
  return Array.from(isSeen, (_, at) => at - 128).filter((value) => isSeen[value + 128] === 1);
}

/** One way to store the integers in few bits, and the bytes it takes. */
interface Form {
  bytes: number;
  packed(): PackedWeights;
}

/** One table for all: best where zeros are many, because those can be left out. */
function sharedTable(integers: Tensor, zeros: number, zero: number): Form | undefined {
  const data = integers.data as Int8Array;
  const table = fewNumbers(data);
  if (!table) return undefined;
  const bits = bitsFor(table.length);
  const storedBits = Math.min(bits, 1 + (1 - zeros / data.length) * bits);
  return {
    bytes: (data.length * storedBits) / 8 + table.length,
    packed() {
      const codeOf = new Map(table.map((value, code) => [value, code]));
      const codes = new Uint8Array(data.length).map((_, at) => codeOf.get(data[at]!)!);
      const decode = { table: Int8Array.from(table) };
      return { codes, bits, shape: integers.shape, decode, zeroCode: codeOf.get(zero) };
    },
  };
}

/** The integers of each output channel, and the order in which `packedInitializer` gets them. */
interface ChannelRows {
  rows: Int8Array[];
  order: Pick<PackedWeights, 'shape' | 'permutation' | 'rowLength'>;
}

function channelRows({ shape, data }: Tensor, axis: number): ChannelRows | undefined {
  const integers = data as Int8Array;
  const count = shape[axis]!;
  const rowLength = integers.length / count;
  if (axis === 0) {
    const rows = Array.from({ length: count }, (_, row) => integers.subarray(row * rowLength, (row + 1) * rowLength));
    return { rows, order: { shape, rowLength } };
  }
  if (axis !== 1 || shape.length !== 2) return undefined;
  const rows = Array.from({ length: count }, () => new Int8Array(rowLength));
  for (let at = 0, index = 0; at < rowLength; at++)
    for (let row = 0; row < count; row++, index++) rows[row]![at] = integers[index]!;
  return { rows, order: { shape: [count, rowLength], rowLength, permutation: [1, 0] } };
}

/** The numbers of every channel above its smallest: few-bit weights lie on an even grid, but not all channels begin at the same step. */
function channelOffsets({ rows, order }: ChannelRows): Form | undefined {
  const offset = new Int8Array(rows.length);
  let span = 0;
  for (const [at, row] of rows.entries()) {
    let [least, most] = [127, -128];
    for (const value of row) {
      if (value < least) least = value;
      if (value > most) most = value;
    }
    offset[at] = least;
    span = Math.max(span, most - least);
    // 8 bits save nothing.
    if (span > 127) return undefined;
  }
  const bits = bitsFor(span + 1);
  const length = rows.reduce((sum, row) => sum + row.length, 0);
  return {
    bytes: (length * bits) / 8 + offset.length,
    packed() {
      const codes = new Uint8Array(length);
      rows.forEach((row, at) =>
        codes.set(
          new Uint8Array(row.length).map((_, column) => row[column]! - offset[at]!),
          at * row.length,
        ),
      );
      return { codes, bits, decode: { offset }, ...order };
    },
  };
}

/** A table for each channel: what few-bit weights with tables of their own become. */
function channelTables({ rows, order }: ChannelRows): Form | undefined {
  const tables = rows.map(fewNumbers);
  if (!tables.every((table) => table !== undefined)) return undefined;
  const entries = Math.max(...tables.map((table) => table.length));
  const bits = bitsFor(entries);
  const length = rows.reduce((sum, row) => sum + row.length, 0);
  return {
    bytes: (length * bits) / 8 + rows.length * entries,
    packed() {
      const table = new Int8Array(rows.length * entries);
      const codes = new Uint8Array(length);
      rows.forEach((row, at) => {
        const own = tables[at]!;
        table.set(own, at * entries);
        const codeOf = new Map(own.map((value, code) => [value, code]));
        row.forEach((value, index) => (codes[at * row.length + index] = codeOf.get(value)!));
      });
      return { codes, bits, decode: { table }, ...order };
    },
  };
}

/**
 * Stores int8 weights in the graph in the form that takes fewest bytes: as they are, without their zeros, or, where few numbers occur (in the
 * layer or in each channel), in as many bits as tell those apart. Returns the name. Changes `graph`, which must be a copy of the caller's own.
 * @param channelAxis the axis of output channels. @param zero the integer that stands for weight 0
 */
export function storeInt8(graph: Graph, integers: Tensor, names: FreshNames, channelAxis: number, zero = 0): string {
  const name = names.next();
  const data = integers.data as Int8Array;
  const zeros = countZeros(data);
  const channels = channelRows(integers, channelAxis);
  const forms = [
    sharedTable(integers, zeros, zero),
    channels && channelOffsets(channels),
    channels && channelTables(channels),
  ];
  const best = forms.reduce((least, form) => (form && !(form.bytes >= (least?.bytes ?? Infinity)) ? form : least));
  const packed = best ? best.bytes + planeDecoderBytes : Infinity;
  const sparse = sparseBytes(integers, zeros);
  if (Math.min(packed, sparse) > data.length * (1 - leastSaving)) graph.initializers.set(name, integers);
  else if (!best || sparse < packed) sparseInitializer(graph, name, integers, names);
  else packedInitializer(graph, name, best.packed(), names);
  return name;
}
