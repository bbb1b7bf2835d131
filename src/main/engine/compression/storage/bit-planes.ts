import { codeOf } from '../../onnx/element-type';
import { elementCount, type Graph } from '../../onnx/graph';
import { attr, float16Tensor, float32Tensor, int64Tensor, makeTensor, uint8Tensor } from '../../onnx/make';
import { DecoderWriter, flattened } from './decoder-writer';
import { FreshNames } from '../../onnx/fresh-names';
import { fromHalfReals, toHalfReals } from '../algebra/half-reals';
import { packSparse, sparsePositions } from './sparse-decode';

/**
 * Weights as codes of 1 to 8 bits in a standard ONNX file. A code is cut into fields of 4, 2 and 1 bits (as many as it needs), each kept
 * in a plane of bytes; the graph shifts the fields out, joins them and looks the weights up in a table or scales them. Its nodes have
 * constant inputs only, so a runtime folds them once while it loads the file. Operators and types are those of opset 13.
 */
export interface PackedWeights {
  /** One code per element, below 2^bits. */
  codes: Uint8Array;
  bits: number;
  /** Shape in which the codes are listed. */
  shape: readonly number[];
  /** Order of the axes of the decoded tensor, as in Transpose; the shape's own order by default. */
  permutation?: readonly number[];
  /** Consecutive elements that share a table or a scale, e.g. the elements of one output channel; all by default. */
  rowLength?: number;
  decode: TableDecode | AffineDecode | OffsetDecode | BasesDecode;
  /** The code of weight 0: where it is frequent enough, the others are stored sparsely. */
  zeroCode?: number;
}

/** value = table[row * entries + code]: as many entries a row as the length gives, at most 2^bits. The type is the result's. */
export interface TableDecode {
  table: Float32Array | Int8Array;
}

/** value = (code - zeroPoint[row]) * scale[row], in float32. One number stands for all rows. */
export interface AffineDecode {
  scale: Float32Array;
  zeroPoint: Float32Array;
}

/** value = code + offset[row], in int8. */
export interface OffsetDecode {
  offset: Int8Array;
}

/** value = the sum over m of bases[row * bits + m], added where bit m of the code (from the lowest) is 1, subtracted where it is 0. */
export interface BasesDecode {
  bases: Float32Array;
}

const codesPerStep = 8;

/** Bits of the fields of a code, the highest first: 7 -> 4, 2, 1. */
export function fieldWidths(bits: number): number[] {
  return [8, 4, 2, 1].filter((width) => (bits & width) !== 0);
}

/**
 * The planes of `codes`, one per field: with m = 8 / width fields to a byte, field j of byte i belongs to element j * bytes + i, the first
 * at the top. All planes stand for the same number of elements, a multiple of 8.
 */
export function packPlanes(codes: Uint8Array, bits: number): Uint8Array[] {
  const steps = Math.ceil(codes.length / codesPerStep);
  let above = bits;
  return fieldWidths(bits).map((width) => {
    above -= width;
    const bytes = steps * width;
    const plane = new Uint8Array(bytes);
    const mask = 2 ** width - 1;
    for (let start = 0, shift = 8 - width; start < codes.length; start += bytes, shift -= width) {
      const end = Math.min(bytes, codes.length - start);
      for (let index = 0; index < end; index++) plane[index]! |= ((codes[start + index]! >> above) & mask) << shift;
    }
    return plane;
  });
}

/** The first `length` codes of planes made by `packPlanes`. */
export function unpackPlanes(planes: readonly Uint8Array[], bits: number, length: number): Uint8Array {
  const codes = new Uint8Array(length);
  let above = bits;
  fieldWidths(bits).forEach((width, field) => {
    above -= width;
    const plane = planes[field]!;
    const mask = 2 ** width - 1;
    for (let index = 0; index < length; index++) {
      const shift = 8 - width * (1 + Math.floor(index / plane.length));
      codes[index]! |= ((plane[index % plane.length]! >> shift) & mask) << above;
    }
  });
  return codes;
}

function rowsOf({ codes, rowLength = codes.length }: PackedWeights): { rows: number; rowLength: number } {
  return { rows: Math.ceil(codes.length / rowLength), rowLength };
}

/** The entries of each row's table: every sum of the row's bases, signs as the bits of the entry's number. */
function tableOfBases(bases: Float32Array, bits: number): Float32Array {
  const entries = 2 ** bits;
  return Float32Array.from({ length: (bases.length / bits) * entries }, (_, index) => {
    const row = Math.floor(index / entries);
    let sum = 0;
    for (let bit = 0; bit < bits; bit++) sum = Math.fround(sum + signOf(index, bit) * bases[row * bits + bit]!);
    return sum;
  });
}

/** +1 where a bit of the code is set, -1 where it is not. */
function signOf(code: number, bit: number): number {
  return (code >> bit) & 1 ? 1 : -1;
}

/** The weights the file will hold, in the order of `shape` (before `permutation`). */
export function decodeCodes(packed: PackedWeights): Float32Array | Int8Array {
  const { codes, decode, bits } = packed;
  const { rows, rowLength } = rowsOf(packed);
  if ('offset' in decode)
    return new Int8Array(codes.length).map((_, index) => codes[index]! + decode.offset[Math.floor(index / rowLength)]!);
  if (!('scale' in decode)) {
    const table = 'table' in decode ? decode.table : tableOfBases(decode.bases, bits);
    const entries = table.length / rows;
    const values = table instanceof Int8Array ? new Int8Array(codes.length) : new Float32Array(codes.length);
    for (let index = 0; index < codes.length; index++)
      values[index] = table[Math.floor(index / rowLength) * entries + codes[index]!]!;
    return values;
  }
  const { scale, zeroPoint } = decode;
  const at = (numbers: Float32Array, row: number): number => numbers[numbers.length > 1 ? row : 0]!;
  return new Float32Array(codes).map((code, index) => {
    const row = Math.floor(index / rowLength);
    return Math.fround(code - at(zeroPoint, row)) * at(scale, row);
  });
}

/** Writes the nodes that give int32 codes [length]. */
function writeCodes(writer: DecoderWriter, codes: Uint8Array, bits: number): string {
  const planes = packPlanes(codes, bits);
  let above = bits;
  const shift = (value: string, by: number[], shape: number[], direction: 'LEFT' | 'RIGHT'): string =>
    writer.emit('BitShift', [value, writer.constant(uint8Tensor(shape, by))], { direction: attr.string(direction) });
  const fields = fieldWidths(bits).map((width, index) => {
    above -= width;
    let field = writer.store(uint8Tensor([1, planes[index]!.length], planes[index]!));
    if (width < 8) {
      const places = Array.from({ length: 8 / width }, (_, place) => place * width);
      field = shift(field, places, [places.length, 1], 'LEFT');
      field = shift(field, [8 - width], [1], 'RIGHT');
    }
    if (above > 0) field = shift(field, [above], [1], 'LEFT');
    const flat = writer.emit('Reshape', [field, writer.constant(int64Tensor([1], [-1]))]);
    return writer.emit('Cast', [flat], { to: attr.int(codeOf('int32')) });
  });
  const sum = fields.reduce((joined, field) => writer.emit('Add', [joined, field]));
  return codes.length % codesPerStep === 0 ? sum : flattened(writer, sum, codes.length, true);
}

/** The codes other than `zeroCode` behind one `zeroCode`, and where they go; undefined where that takes more bytes. */
function sparseForm({ codes, bits, zeroCode }: PackedWeights): { mask: Uint8Array; stored: Uint8Array } | undefined {
  if (zeroCode === undefined) return undefined;
  // Any number but 0 stands for a code here; +1 tells code 0 from "zero".
  const { mask, values } = packSparse(new Uint16Array(codes).map((code) => (code === zeroCode ? 0 : code + 1)));
  const stored = new Uint8Array(values.length).map((_, at) => Number(values[at]) - 1);
  stored[0] = zeroCode;
  const decoderBytes = 200;
  return mask.length + (stored.length * bits) / 8 + decoderBytes < (codes.length * bits) / 8
    ? { mask, stored }
    : undefined;
}

/** A float constant: in half precision where that holds it exactly. */
function writeReals(writer: DecoderWriter, values: Float32Array, shape: number[]): string {
  const half = toHalfReals(values);
  const isExact = values.length > 8 && fromHalfReals(half).every((value, index) => Object.is(value, values[index]));
  if (!isExact) return writer.constant(float32Tensor(shape, values));
  const stored = writer.store(float16Tensor(shape, half.bits));
  const reals = writer.emit('Cast', [stored], { to: attr.int(codeOf('float32')) });
  return half.unit === 1 ? reals : writer.emit('Mul', [reals, writer.constant(float32Tensor([], [half.unit]))]);
}

/** Numbers for each row as a column, one for all as a scalar. */
function writeColumn(writer: DecoderWriter, values: Float32Array): string {
  const isSame = values.every((value) => value === values[0]);
  return isSame ? writeReals(writer, values.slice(0, 1), []) : writeReals(writer, values, [values.length, 1]);
}

/** The table `[rows, entries]`. */
function writeTable(writer: DecoderWriter, decode: TableDecode | BasesDecode, bits: number, rows: number): string {
  if ('bases' in decode) {
    const bases = writeReals(writer, decode.bases, [rows, bits]);
    const entries = 2 ** bits;
    const signs = Array.from({ length: bits * entries }, (_, at) => signOf(at % entries, Math.floor(at / entries)));
    return writer.emit('MatMul', [bases, writer.constant(float32Tensor([bits, entries], signs))]);
  }
  const { table } = decode;
  const shape = [rows, table.length / rows];
  return table instanceof Int8Array ? writer.store(makeTensor('int8', shape, table)) : writeReals(writer, table, shape);
}

/** Writes the nodes that turn int32 codes (one-dimensional) into weights. */
function writeValues(writer: DecoderWriter, packed: PackedWeights, flat: string): string {
  const { decode, codes } = packed;
  const { rows, rowLength } = rowsOf(packed);
  if ('table' in decode && rows === 1) {
    const { table } = decode;
    const name =
      table instanceof Int8Array
        ? writer.constant(makeTensor('int8', [table.length], table))
        : writeReals(writer, table, [table.length]);
    return writer.emit('Gather', [name, flat]);
  }
  const padding = rows * rowLength - codes.length;
  const full = padding === 0 ? flat : writer.emit('Pad', [flat, writer.constant(int64Tensor([2], [0, padding]))]);
  const matrix = writer.emit('Reshape', [full, writer.constant(int64Tensor([2], [rows, rowLength]))]);
  let values: string;
  if ('offset' in decode) {
    const offset = writer.store(makeTensor('int8', [rows, 1], decode.offset));
    const sum = writer.emit('Add', [matrix, writer.emit('Cast', [offset], { to: attr.int(codeOf('int32')) })]);
    values = writer.emit('Cast', [sum], { to: attr.int(codeOf('int8')) });
  } else if (!('scale' in decode)) {
    values = writer.emit('GatherElements', [writeTable(writer, decode, packed.bits, rows), matrix], {
      axis: attr.int(1),
    });
  } else {
    const numbers = writer.emit('Cast', [matrix], { to: attr.int(codeOf('float32')) });
    const centred = writer.emit('Sub', [numbers, writeColumn(writer, decode.zeroPoint)]);
    values = writer.emit('Mul', [centred, writeColumn(writer, decode.scale)]);
  }
  return padding === 0 ? values : flattened(writer, values, codes.length, true);
}

/**
 * Gives the graph the constant `name`, stored as few-bit codes. Changes `graph`, which must be a copy of the caller's own.
 * Throws a RangeError when the parts do not fit together.
 */
export function packedInitializer(
  graph: Graph,
  name: string,
  packed: PackedWeights,
  names = new FreshNames(graph),
): void {
  const { codes, bits, shape, permutation, decode } = packed;
  const { rows } = rowsOf(packed);
  const fits =
    'table' in decode
      ? decode.table.length % rows === 0
      : 'bases' in decode
        ? decode.bases.length === rows * bits
        : 'offset' in decode
          ? decode.offset.length === rows
          : decode.scale.length === 1 || decode.scale.length === rows;
  if (!(bits >= 1 && bits <= 8) || codes.length === 0 || codes.length !== elementCount(shape) || !fits)
    throw new RangeError(
      `${codes.length} codes of ${bits} bits do not make a tensor [${shape.join(',')}] of ${rows} rows`,
    );
  graph.initializers.delete(name);
  const writer = new DecoderWriter(graph, names);
  const sparse = sparseForm(packed);
  let flat = writeCodes(writer, sparse?.stored ?? codes, bits);
  if (sparse) flat = writer.emit('Gather', [flat, sparsePositions(writer, sparse.mask, codes.length)]);
  const values = writeValues(writer, packed, flat);
  const target = writer.constant(int64Tensor([shape.length], shape));
  if (!permutation) writer.emit('Reshape', [values, target], {}, name);
  else {
    const ordered = writer.emit('Reshape', [values, target]);
    writer.emit('Transpose', [ordered], { perm: attr.ints(permutation) }, name);
  }
  writer.finish();
}
