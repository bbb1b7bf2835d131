import { roundToHalfReals } from '../algebra/half-reals';
import type { AffineDecode, BasesDecode, PackedWeights } from './bit-planes';

/** Weights in few bits whose codes stand for real numbers. */
export interface CodedWeights extends PackedWeights {
  rowLength: number;
  decode: { table: Float32Array } | AffineDecode | BasesDecode;
}

/**
 * What codes stand for in each row: entries that are linear in a few numbers, so that these can be learned while every code stays. The
 * numbers are of the size of weights, whatever the form.
 */
export interface Codebook {
  rows: number;
  /** Codes a row; the last row may have fewer. */
  rowLength: number;
  /** Entries a row. */
  entries: number;
  /** `[rows, perRow]`. */
  numbers: Float32Array;
  perRow: number;
  /** `[perRow, entries]`: entries are the numbers times this. Absent: the numbers are the entries. */
  basis?: Float32Array;
  /** How a file holds other numbers, rounded to what it can hold. */
  decodeOf(numbers: Float32Array): CodedWeights['decode'];
}

export function codebookOf(coded: CodedWeights): Codebook {
  const { codes, bits, decode, rowLength } = coded;
  if ('scale' in decode) return evenlySpaced(decode, bits, codes.length, rowLength);
  const rows = Math.ceil(codes.length / rowLength);
  if ('bases' in decode) {
    const entries = 2 ** bits;
    const basis = Float32Array.from({ length: bits * entries }, (_, at) =>
      ((at % entries) >> Math.floor(at / entries)) & 1 ? 1 : -1,
    );
    const decodeOf = (numbers: Float32Array): BasesDecode => ({ bases: roundToHalfReals(numbers) });
    return { rows, rowLength, entries, numbers: decode.bases, perRow: bits, basis, decodeOf };
  }
  const perRow = decode.table.length / rows;
  const decodeOf = (numbers: Float32Array) => ({ table: roundToHalfReals(numbers) });
  return { rows, rowLength, entries: perRow, numbers: decode.table, perRow, decodeOf };
}

/** Steps around a zero that all rows share, or around the middle of the codes with an offset of each row's own. */
function evenlySpaced({ scale, zeroPoint }: AffineDecode, bits: number, codes: number, rowLength: number): Codebook {
  const isOne = scale.length === 1 && zeroPoint.length === 1;
  const rows = isOne ? 1 : Math.ceil(codes / rowLength);
  const entries = 2 ** bits;
  const at = (values: Float32Array, row: number): number => values[values.length > 1 ? row : 0]!;
  const half = (entries - 1) / 2;
  const shared = zeroPoint[0]!;
  const shape = { rows, rowLength: isOne ? codes : rowLength, entries };
  // With one bit zero lies between the two codes.
  if (Number.isInteger(2 * shared) && zeroPoint.every((each) => each === shared))
    return {
      ...shape,
      numbers: Float32Array.from({ length: rows }, (_, row) => at(scale, row) * half),
      perRow: 1,
      basis: Float32Array.from({ length: entries }, (_, code) => (code - shared) / half),
      decodeOf: (numbers) => ({ scale: roundToHalfReals(numbers.map((value) => value / half)), zeroPoint }),
    };
  const basis = Float32Array.from({ length: 2 * entries }, (_, index) => (index < entries ? (index - half) / half : 1));
  return {
    ...shape,
    numbers: Float32Array.from({ length: 2 * rows }, (_, index) => {
      const step = at(scale, index >> 1);
      return index % 2 === 0 ? step * half : step * (half - at(zeroPoint, index >> 1));
    }),
    perRow: 2,
    basis,
    decodeOf(numbers) {
      const steps = Float32Array.from({ length: rows }, (_, row) => numbers[2 * row]! / half);
      const zeros = steps.map((step, row) => (step === 0 ? at(zeroPoint, row) : half - numbers[2 * row + 1]! / step));
      return { scale: roundToHalfReals(steps), zeroPoint: roundToHalfReals(zeros) };
    },
  };
}

/** The entries `[rows, entries]` under some numbers. */
export function entriesOf({ rows, entries, perRow, basis }: Codebook, numbers: Float32Array): Float32Array {
  if (!basis) return numbers;
  return Float32Array.from({ length: rows * entries }, (_, at) => {
    const [row, code] = [Math.floor(at / entries), at % entries];
    let sum = 0;
    for (let index = 0; index < perRow; index++) sum += numbers[row * perRow + index]! * basis[index * entries + code]!;
    return sum;
  });
}
