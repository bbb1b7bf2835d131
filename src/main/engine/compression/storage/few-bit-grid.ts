import type { AffineDecode, TableDecode } from './bit-planes';
import { nearestCode } from '../algebra/affine-quantization';
import { roundToHalfReals } from '../algebra/half-reals';
import { kMeans, nearestCentre, weightedPoints, type ClusterInit } from '../algebra/k-means';
import type { Matrix } from '../algebra/matrix-products';

/** The values a layer's weights may take, for rows (output channels) that share them in runs of `rowsPerGroup`. */
export interface WeightGrid {
  bits: number;
  rowsPerGroup: number;
  /** Numbers are those the file can hold: `valueOf` is what a runtime will decode. */
  decode: TableDecode | AffineDecode;
  /** The code of exact 0, the same in every row; undefined where there is none. */
  zeroCode: number | undefined;
  /** The code of the nearest value. */
  codeOf(row: number, value: number): number;
  valueOf(row: number, code: number): number;
  free: FreeNumbers;
  /** The grid with other free numbers, rounded to what the file can hold. */
  refitted(numbers: Float64Array): WeightGrid;
}

/** The numbers that make a grid: its values are linear in them, so that they can be fitted. */
export interface FreeNumbers {
  /** As they are now, `perGroup` for each group of rows. */
  start: Float64Array;
  perGroup: number;
  /** The value of a code under other numbers. */
  valueFrom(numbers: Float64Array, row: number, code: number): number;
  /** Adds `amount` times the derivatives of that value, to the given power, to `sums`. */
  addGradient(sums: Float64Array, row: number, code: number, amount: number, power: 1 | 2): void;
}

/** What the values of one group are fitted to, and how much an error of each counts; all the same without `importance`. */
interface Sample {
  values: Float32Array;
  importance?: Float32Array;
}

/** From this share of zero weights on a layer counts as pruned: its zeros stay. */
const prunedShare = 0.15;

export function isPruned({ data }: Matrix): boolean {
  let zeros = 0;
  for (const value of data) if (value === 0) zeros++;
  return zeros >= prunedShare * data.length;
}

/** Enough to find the scale of a whole layer. */
const largestSample = 65_536;
const searchSteps = 32;
const widest = 1.12;
/** The narrowest range tried, as a share of the full one, by bits: few levels are better spent on the many small weights. */
export const narrowestShares = [0, 0.08, 0.2, 0.3, 0.4, 0.5, 0.65, 0.8, 0.9];

function sampleOf(
  weights: Matrix,
  importance: Float32Array | undefined,
  first: number,
  end: number,
  limit: number,
): Sample {
  const { columns, data } = weights;
  const length = (end - first) * columns;
  const all = data.subarray(first * columns, end * columns);
  if (length <= limit && !importance) return { values: all };
  const step = Math.max(1, Math.ceil(length / limit));
  const count = Math.ceil(length / step);
  const values = new Float32Array(count);
  const counted = importance && new Float32Array(count);
  const groups = importance ? importance.length / columns : 1;
  const rowsPerInput = weights.rows / groups;
  for (let row = first, index = 0, at = 0; row < end; row++) {
    const [from, offset] = [(row - first) * columns, Math.floor(row / rowsPerInput) * columns];
    for (; index < from + columns; index += step, at++) {
      values[at] = all[index]!;
      if (counted) counted[at] = importance[offset + index - from]!;
    }
  }
  return counted ? { values, importance: counted } : { values };
}

function squaredError({ values, importance }: Sample, scale: number, zeroPoint: number, top: number): number {
  let error = 0;
  for (let index = 0; index < values.length; index++) {
    const value = values[index]!;
    const code = nearestCode(value / scale + zeroPoint, top);
    const difference = value - (code - zeroPoint) * scale;
    error += difference * difference * (importance ? importance[index]! : 1);
  }
  return error;
}

/**
 * Scale and zero point of evenly spaced levels, by a search over ranges for the least squared error. Symmetric: 0 is a level (with one bit:
 * the two levels are opposite), and the side with the largest weight has one level more, for which the scale may be negative.
 */
function fitAffine(
  sample: Sample,
  { bits, isPositive }: GridOptions,
  isSymmetric: boolean,
): { scale: number; zeroPoint: number } {
  let [min, max] = [0, 0];
  for (const value of sample.values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const top = 2 ** bits - 1;
  const symmetricZero = bits === 1 ? 0.5 : 2 ** (bits - 1);
  // Of the levels around zero there is one more below than above: a negative step turns them round.
  const peak = isPositive ? Math.max(max, -min) : max > -min ? -max : -min;
  const isDead = min === 0 && max === 0;
  if (isDead) return { scale: 0, zeroPoint: symmetricZero };
  let best = { scale: 1, zeroPoint: 0, error: Infinity };
  for (let step = 0; step < searchSteps; step++) {
    const share = widest + ((narrowestShares[bits]! - widest) * step) / (searchSteps - 1);
    const scale = isSymmetric ? (share * peak) / symmetricZero : (share * (max - min)) / top;
    const zeroPoint = isSymmetric ? symmetricZero : top / 2 - (min + max) / 2 / scale;
    const error = squaredError(sample, scale, zeroPoint, top);
    if (error < best.error) best = { scale, zeroPoint, error };
  }
  return best;
}

interface GridOptions {
  bits: number;
  /** Rows that share a grid. */
  rowsPerGroup: number;
  /** `[groups of the layer's inputs, columns]`: what an error of a weight in a column costs. */
  importance?: Float32Array;
  /** Steps are positive: codes less their zero point are signed integers as kernels of few bits take them. */
  isPositive?: boolean;
}

/** What is fitted to each group. Samples of all together would take twice the memory of the weights. */
function fitEach<T>(
  weights: Matrix,
  { rowsPerGroup, importance }: GridOptions,
  limit: number,
  fit: (sample: Sample) => T,
): T[] {
  const groups = Math.ceil(weights.rows / rowsPerGroup);
  return Array.from({ length: groups }, (_, group) => {
    const first = group * rowsPerGroup;
    return fit(sampleOf(weights, importance, first, Math.min(weights.rows, first + rowsPerGroup), limit));
  });
}

/** Evenly spaced values: a scale and a zero point per group of rows. */
export function affineGrid(weights: Matrix, options: GridOptions, isSymmetric: boolean): WeightGrid {
  const fits = fitEach(weights, options, largestSample, (sample) => fitAffine(sample, options, isSymmetric));
  return affineGridOf(fits, options, isSymmetric);
}

interface AffineFit {
  scale: number;
  zeroPoint: number;
}

function affineGridOf(fits: AffineFit[], { bits, rowsPerGroup }: GridOptions, isSymmetric: boolean): WeightGrid {
  const scale = roundToHalfReals(Float32Array.from(fits, (fit) => fit.scale));
  const zeroPoint = roundToHalfReals(Float32Array.from(fits, (fit) => fit.zeroPoint));
  const top = 2 ** bits - 1;
  const at = (row: number): number => Math.floor(row / rowsPerGroup);
  const isShared = Number.isInteger(zeroPoint[0]) && zeroPoint.every((other) => other === zeroPoint[0]);
  return {
    bits,
    rowsPerGroup,
    decode: { scale, zeroPoint },
    zeroCode: isShared ? zeroPoint[0] : undefined,
    codeOf(row, value) {
      const step = scale[at(row)]!;
      return step === 0 ? 0 : nearestCode(value / step + zeroPoint[at(row)]!, top);
    },
    valueOf: (row, code) => Math.fround(Math.fround(code - zeroPoint[at(row)]!) * scale[at(row)]!),
    ...evenlySpaced(scale, zeroPoint, rowsPerGroup, isSymmetric, (moved) =>
      affineGridOf(moved, { bits, rowsPerGroup }, isSymmetric),
    ),
  };
}

/** The free numbers of evenly spaced values: the step, and where zero need not be a level, by how much all values move. */
function evenlySpaced(
  scale: ArrayLike<number>,
  zeroPoint: ArrayLike<number>,
  rowsPerGroup: number,
  isSymmetric: boolean,
  gridOf: (fits: AffineFit[]) => WeightGrid,
): Pick<WeightGrid, 'free' | 'refitted'> {
  const perGroup = isSymmetric ? 1 : 2;
  const start = new Float64Array(scale.length * perGroup);
  for (let group = 0; group < scale.length; group++) start[group * perGroup] = scale[group]!;
  const groupOf = (row: number): number => Math.floor(row / rowsPerGroup);
  return {
    free: {
      start,
      perGroup,
      valueFrom(numbers, row, code) {
        const group = groupOf(row);
        return numbers[group * perGroup]! * (code - zeroPoint[group]!) + (isSymmetric ? 0 : numbers[group * 2 + 1]!);
      },
      addGradient(sums, row, code, amount, power) {
        const group = groupOf(row);
        const steps = code - zeroPoint[group]!;
        sums[group * perGroup]! += amount * (power === 1 ? steps : steps * steps);
        if (!isSymmetric) sums[group * 2 + 1]! += amount;
      },
    },
    refitted: (numbers) =>
      gridOf(
        Array.from(scale, (_, group) => {
          const step = numbers[group * perGroup]!;
          const shift = isSymmetric || step === 0 ? 0 : numbers[group * 2 + 1]! / step;
          return { scale: step, zeroPoint: zeroPoint[group]! - shift };
        }),
      ),
  };
}

/** Leaves code 0 to exact 0: the other codes are those of `free`, moved up by one. */
function besidesZero({ start, perGroup, valueFrom, addGradient }: FreeNumbers): FreeNumbers {
  return {
    start,
    perGroup,
    valueFrom: (numbers, row, code) => (code === 0 ? 0 : valueFrom(numbers, row, code - 1)),
    addGradient(sums, row, code, amount, power) {
      if (code > 0) addGradient(sums, row, code - 1, amount, power);
    },
  };
}

/**
 * A grid from one table per group of rows; short tables are filled up with their last value.
 * @param hasZero 0 becomes code 0 of every row; the tables hold the other values.
 */
function tableGrid(
  tables: Float32Array[],
  { bits, rowsPerGroup }: Pick<GridOptions, 'bits' | 'rowsPerGroup'>,
  hasZero: boolean,
): WeightGrid {
  const first = hasZero ? 1 : 0;
  const others = Math.max(...tables.map((table) => table.length));
  const entries = first + others;
  const joined = new Float32Array(tables.length * entries);
  tables.forEach((table, group) => {
    joined.fill(table.at(-1) ?? 0, group * entries + first, (group + 1) * entries);
    joined.set(table, group * entries + first);
  });
  const table = roundToHalfReals(joined);
  const at = (row: number): number => Math.floor(row / rowsPerGroup) * entries;
  // Refitted entries may have passed each other.
  const codes = Uint8Array.from(table.keys(), (index) => index % entries);
  const ascending = table.slice();
  for (let start = first; start < table.length; start += entries) {
    codes.subarray(start, start + others).sort((a, b) => table[start - first + a]! - table[start - first + b]!);
    ascending.subarray(start, start + others).sort();
  }
  const free: FreeNumbers = {
    start: Float64Array.from({ length: tables.length * others }, (_, at) => {
      return table[Math.floor(at / others) * entries + first + (at % others)]!;
    }),
    perGroup: others,
    valueFrom: (numbers, row, code) => numbers[Math.floor(row / rowsPerGroup) * others + code]!,
    addGradient: (sums, row, code, amount) => (sums[Math.floor(row / rowsPerGroup) * others + code]! += amount),
  };
  return {
    bits,
    rowsPerGroup,
    decode: { table },
    zeroCode: hasZero ? 0 : undefined,
    codeOf(row, value) {
      if (others === 0) return 0;
      const start = at(row) + first;
      const code = codes[start + nearestCentre(ascending, value, start, start + others)]!;
      return hasZero && Math.abs(value) < Math.abs(value - table[at(row) + code]!) ? 0 : code;
    },
    valueOf: (row, code) => table[at(row) + code]!,
    free: hasZero ? besidesZero(free) : free,
    refitted(numbers) {
      const moved = tables.map((_, group) => Float32Array.from(numbers.subarray(group * others, (group + 1) * others)));
      return tableGrid(moved, { bits, rowsPerGroup }, hasZero);
    },
  };
}

/** What is not zero. */
function withoutZeros({ values, importance }: Sample): Sample {
  const kept = (_: number, at: number): boolean => values[at] !== 0;
  return importance
    ? { values: values.filter(kept), importance: importance.filter(kept) }
    : { values: values.filter(kept) };
}

/** Evenly spaced values kept as a table, from the smallest weight to the largest or narrower; 0 besides for a pruned layer. */
export function uniformTableGrid(weights: Matrix, options: GridOptions): WeightGrid {
  const hasZero = isPruned(weights);
  return uniformTableOf(
    fitEach(weights, options, largestSample, (sample) =>
      fitAffine(hasZero ? withoutZeros(sample) : sample, options, false),
    ),
    options,
    hasZero,
  );
}

function uniformTableOf(
  fits: AffineFit[],
  options: Pick<GridOptions, 'bits' | 'rowsPerGroup'>,
  hasZero: boolean,
): WeightGrid {
  const levels = 2 ** options.bits - (hasZero ? 1 : 0);
  const tables = fits.map(({ scale, zeroPoint }) =>
    Float32Array.from({ length: levels }, (_, code) => (code - zeroPoint) * scale),
  );
  const [scales, zeroPoints] = [fits.map(({ scale }) => scale), fits.map(({ zeroPoint }) => zeroPoint)];
  const { free, refitted } = evenlySpaced(scales, zeroPoints, options.rowsPerGroup, false, (moved) =>
    uniformTableOf(moved, options, hasZero),
  );
  return { ...tableGrid(tables, options, hasZero), free: hasZero ? besidesZero(free) : free, refitted };
}

/** Points that k-means sees of one group: more where there are more clusters. */
const pointsPerCluster = 32;
const leastPoints = 256;
const largestPoints = 4096;

/** Tables of cluster centres; for a pruned layer one of them is 0. @param clusters at most 2^bits. */
export function clusterGrid(
  weights: Matrix,
  options: GridOptions & { clusters: number; init: ClusterInit; rng: () => number },
): WeightGrid {
  const { clusters, init, rng } = options;
  const points = Math.min(largestPoints, Math.max(leastPoints, clusters * pointsPerCluster));
  const hasZero = isPruned(weights);
  const tables = fitEach(weights, options, Infinity, (sample) => {
    const { values, importance } = hasZero ? withoutZeros(sample) : sample;
    if (values.length === 0) return new Float32Array();
    return kMeans(weightedPoints(values, importance, points), clusters - (hasZero ? 1 : 0), init, rng);
  });
  return tableGrid(tables, options, hasZero);
}
