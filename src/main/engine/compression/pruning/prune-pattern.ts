import type { WeightLayer } from '../layers/weight-layers';
import { weightRows, type WeightRows } from '../layers/weight-rows';

/** Which weights become zero together, seen on a layer's rows (one per output channel). */
export type PrunePattern =
  | { kind: 'unstructured' | 'row' | 'column' }
  /** Of every `of` consecutive weights along the input channels, at one place of the kernel, `kept` stay. */
  | { kind: 'n:m'; kept: number; of: number }
  | { kind: 'block'; rows: number; columns: number };

const largestSide = 64;

/** Reads "unstructured", "2:4", "4x1", "row" or "column"; undefined for anything else. */
export function parsePattern(text: string): PrunePattern | undefined {
  if (text === 'unstructured' || text === 'row' || text === 'column') return { kind: text };
  const [, first, sign, second] = /^(\d{1,2})([:x])(\d{1,2})$/.exec(text) ?? [];
  const [left, right] = [Number(first), Number(second)];
  if (sign === undefined || left < 1 || right < 1 || Math.max(left, right) > largestSide) return undefined;
  if (sign === 'x') return { kind: 'block', rows: left, columns: right };
  return left < right ? { kind: 'n:m', kept: left, of: right } : undefined;
}

/** The weights of a layer in units that live and die together; for n:m, units within which some weights die. */
export interface PruneUnits {
  /** Unit of each weight, in the order of the rows; undefined where each weight is a unit of its own. */
  unitOf: Uint32Array | undefined;
  /** Weights of each unit. */
  sizes: Uint32Array;
}

/** @param keyOf gives numbers 0, 1, ... without gaps */
function numbered(length: number, keyOf: (index: number) => number): PruneUnits {
  const unitOf = Uint32Array.from({ length }, (_, index) => keyOf(index));
  const sizes = new Uint32Array(unitOf.reduce((largest, unit) => Math.max(largest, unit), 0) + 1);
  for (const unit of unitOf) sizes[unit]!++;
  return { unitOf, sizes };
}

/** Places of the kernel: columns are input channels times these. */
function kernelPlaces({ node, weight }: WeightLayer): number {
  return node.op === 'Conv' ? weight.shape.slice(2).reduce((product, size) => product * size, 1) : 1;
}

/**
 * Units of a pattern on a layer. Blocks lie on output channels x columns, where a column is one input channel at one place of the kernel;
 * those at the edge are smaller. A column ends with the group of the convolution, which has inputs of its own.
 */
export function pruneUnits(
  pattern: PrunePattern,
  layer: WeightLayer,
  rows: WeightRows = weightRows(layer),
): PruneUnits {
  const { data, columns } = rows;
  const rowOf = (index: number): number => Math.floor(index / columns);
  const columnOf = (index: number): number => index % columns;
  switch (pattern.kind) {
    case 'unstructured':
      return { unitOf: undefined, sizes: new Uint32Array(data.length).fill(1) };
    case 'row':
      return numbered(data.length, rowOf);
    case 'column': {
      const perGroup = rows.rows / rows.groups;
      return numbered(data.length, (index) => Math.floor(rowOf(index) / perGroup) * columns + columnOf(index));
    }
    case 'block': {
      const across = Math.ceil(columns / pattern.columns);
      return numbered(
        data.length,
        (index) => Math.floor(rowOf(index) / pattern.rows) * across + Math.floor(columnOf(index) / pattern.columns),
      );
    }
    case 'n:m': {
      const places = kernelPlaces(layer);
      const runs = Math.ceil(columns / places / pattern.of);
      return numbered(data.length, (index) => {
        const column = columnOf(index);
        const run = Math.floor(Math.floor(column / places) / pattern.of);
        return (rowOf(index) * runs + run) * places + (column % places);
      });
    }
  }
}

/** Weights of an n:m unit that stay: all of a shorter one at the end of the channels (the colours of an image, a depthwise layer). */
export function keptOf({ kept, of }: { kept: number; of: number }, size: number): number {
  return size < of ? size : kept;
}
