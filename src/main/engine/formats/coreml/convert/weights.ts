import { fromFloat16Bits, toFloat16Bits } from '../../../onnx/float16';
import type { Precision } from '../program-builder';
import type { BlobType } from '../schema';

/** The weights of a layer as the ONNX file holds them, output channels first: `[outputs, ...]`. */
export interface LayerWeights {
  shape: readonly number[];
  /** float32. */
  values: Float32Array;
  /** Codes that they stand for: value = (code - zero) * scale. */
  steps?: Steps;
  /** Whether the ONNX file stores them in a form of fewer bytes than numbers take. */
  isPacked: boolean;
}

export interface Steps {
  codes: Int8Array | Uint8Array;
  /** Of each output channel, or one for all. */
  scale: Float32Array;
  /** As many; any numbers. */
  zero: Float32Array;
}

type IndexType = 'UINT1' | 'UINT2' | 'UINT3' | 'UINT4' | 'UINT6' | 'UINT8';

/** Codes with steps as a file holds them: whole zeros that fit are taken off, others are an offset. */
export interface StepForm {
  type: BlobType & ('INT4' | 'INT8' | 'UINT4' | 'UINT8');
  codes: ArrayLike<number>;
  scale: Float32Array;
  offset?: Float32Array;
}

/** Tables, one for every `rows / tables` output channels. */
export interface TableForm {
  type: IndexType;
  bits: number;
  codes: Uint8Array;
  tables: number;
  /** `[tables, 2^bits]`. */
  entries: Float32Array;
}

/** How a file stores the weights of a layer. */
export interface StoredForm {
  kind: 'dense' | 'table' | 'steps' | 'sparse' | 'sparse-table' | 'sparse-steps';
  /** Of what lies in the weight file, without what fills blocks up. */
  bytes: number;
  /** What the form decodes to. */
  values: Float32Array;
  steps?: StepForm;
  table?: TableForm;
  /** Of sparse forms: 1 where there is a number, element by element. */
  mask?: Uint8Array;
}

const indexTypes: readonly [bits: number, type: IndexType][] = [
  [1, 'UINT1'],
  [2, 'UINT2'],
  [3, 'UINT3'],
  [4, 'UINT4'],
  [6, 'UINT6'],
  [8, 'UINT8'],
];
const mostEntries = 256;

/** The nearest number that the precision holds. */
export const rounded = (value: number, precision: Precision): number =>
  precision === 'FLOAT16' ? fromFloat16Bits(toFloat16Bits(value)) : Math.fround(value);

/**
 * The form that takes fewest bytes; all of them decode to the same numbers, bit for bit. Of weights that are plain numbers in the ONNX file these
 * are the nearest in the program's precision, and they stay plain. Codes stand for their steps in the program's precision.
 */
export function storedForm(weights: LayerWeights, precision: Precision): StoredForm {
  const { isPacked, steps } = weights;
  const rows = weights.shape[0]!;
  const form = steps && stepForm(steps, rows, precision);
  const values = form ? decodeSteps(form, rows, precision) : weights.values.map((value) => rounded(value, precision));
  const size = precision === 'FLOAT16' ? 2 : 4;
  const dense: StoredForm = { kind: 'dense', bytes: values.length * size, values };
  if (!isPacked && !steps) return dense;
  const found: StoredForm[] = [dense];
  const all = tableForm(values, rows, size, undefined);
  if (all) found.push({ kind: 'table', bytes: all.bytes, values, table: all.form });
  if (form) found.push({ kind: 'steps', bytes: stepBytes(form, values.length, size), values, steps: form });
  const mask = new Uint8Array(values.length).map((_, at) => Number(values[at] !== 0));
  const count = mask.reduce((sum, bit) => sum + bit, 0);
  if (count > 0 && count < values.length) {
    const maskBytes = Math.ceil(values.length / 8);
    found.push({ kind: 'sparse', bytes: maskBytes + count * size, values, mask });
    const table = tableForm(values, rows, size, mask);
    if (table) found.push({ kind: 'sparse-table', bytes: maskBytes + table.bytes, values, table: table.form, mask });
    if (form)
      found.push({ kind: 'sparse-steps', bytes: maskBytes + stepBytes(form, count, size), values, steps: form, mask });
  }
  return found.reduce((least, each) => (each.bytes < least.bytes ? each : least));
}

const stepBytes = ({ type, scale, offset }: StepForm, count: number, size: number): number =>
  Math.ceil((count * (type.endsWith('4') ? 4 : 8)) / 8) + (scale.length + (offset?.length ?? 0)) * size;

function stepForm({ codes, scale, zero }: Steps, rows: number, precision: Precision): StepForm {
  const rowLength = codes.length / rows;
  const at = (values: Float32Array, index: number): number =>
    values.length === 1 ? values[0]! : values[Math.floor(index / rowLength)]!;
  const scales = scale.map((value) => rounded(value, precision));
  const centred = Array.from(codes, (code, index) => code - at(zero, index));
  const [low, high] = [Math.min(0, ...extremes(centred)), Math.max(0, ...extremes(centred))];
  if (zero.every(Number.isInteger) && low >= -128 && high <= 127)
    return { type: low >= -8 && high <= 7 ? 'INT4' : 'INT8', codes: Int8Array.from(centred), scale: scales };
  const shift = codes instanceof Int8Array ? 128 : 0;
  const shifted = new Uint8Array(codes).map((code) => code + shift);
  const offset = Float32Array.from(zero.length === scale.length ? zero : scale, (_, row) =>
    rounded((zero.length === 1 ? zero[0]! : zero[row]!) + shift, precision),
  );
  const wide = scale.length === offset.length ? scales : new Float32Array(offset.length).fill(scales[0]!);
  return { type: extremes(shifted)[1] < 16 ? 'UINT4' : 'UINT8', codes: shifted, scale: wide, offset };
}

function extremes(values: ArrayLike<number>): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (let index = 0; index < values.length; index++) {
    low = Math.min(low, values[index]!);
    high = Math.max(high, values[index]!);
  }
  return [low, high];
}

/** As the operation computes: each step in the numbers of its result. */
function decodeSteps({ codes, scale, offset }: StepForm, rows: number, precision: Precision): Float32Array {
  const rowLength = codes.length / rows;
  const of = (values: Float32Array, row: number): number => values[values.length === 1 ? 0 : row]!;
  return Float32Array.from({ length: codes.length }, (_, index) => {
    const row = Math.floor(index / rowLength);
    const centred = offset ? rounded(codes[index]! - of(offset, row), precision) : codes[index]!;
    return rounded(centred * of(scale, row), precision);
  });
}

/** The cheapest tables for all numbers, or for those that a mask keeps; undefined where there are too many numbers. */
function tableForm(
  values: Float32Array,
  rows: number,
  size: number,
  mask: Uint8Array | undefined,
): { form: TableForm; bytes: number } | undefined {
  const rowLength = values.length / rows;
  const ofRow = (row: number): Set<number> | undefined => {
    const found = new Set<number>();
    for (let index = row * rowLength; index < (row + 1) * rowLength; index++)
      if (!mask || mask[index] === 1) if (found.add(values[index]! + 0).size > mostEntries) return undefined;
    return found;
  };
  let groups = Array.from({ length: rows }, (_, row) => ofRow(row));
  let best: { groups: Set<number>[]; bits: number; type: IndexType; bytes: number } | undefined;
  const count = mask ? mask.reduce((sum, bit) => sum + bit, 0) : values.length;
  for (;;) {
    if (!groups.every((group) => group !== undefined)) break;
    const most = groups.reduce((peak, group) => Math.max(peak, group.size), 1);
    const [bits, type] = indexTypes.find(([each]) => 2 ** each >= most)!;
    const bytes = Math.ceil((count * bits) / 8) + groups.length * 2 ** bits * size;
    if (!best || bytes < best.bytes) best = { groups, bits, type, bytes };
    if (groups.length === 1) break;
    groups = merged(groups, groups.length % 2 === 0 ? 2 : groups.length);
  }
  if (!best) return undefined;
  const { groups: tables, bits, type, bytes } = best;
  const entries = new Float32Array(tables.length * 2 ** bits);
  const positions = tables.map((table, at) => {
    const ordered = [...table].sort((a, b) => a - b);
    entries.set(ordered, at * 2 ** bits);
    return new Map(ordered.map((value, position) => [value, position]));
  });
  const perTable = values.length / tables.length;
  const codes = new Uint8Array(count);
  let place = 0;
  for (let index = 0; index < values.length; index++)
    if (!mask || mask[index] === 1) codes[place++] = positions[Math.floor(index / perTable)]!.get(values[index]! + 0)!;
  return { form: { type, bits, codes, tables: tables.length, entries }, bytes };
}

/** Every `by` neighbours as one; undefined where that is too many numbers for a table. */
function merged(groups: readonly Set<number>[], by: number): (Set<number> | undefined)[] {
  return Array.from({ length: groups.length / by }, (_, at) => {
    const all = new Set<number>();
    for (const group of groups.slice(at * by, (at + 1) * by))
      for (const value of group) if (all.add(value).size > mostEntries) return undefined;
    return all;
  });
}
