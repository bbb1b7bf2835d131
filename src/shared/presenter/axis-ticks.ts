import { writtenDecimals } from '../format';

/** 1, 2, 5 times powers of ten inside the range; round numbers where it is too narrow for two of those. */
export function logTicks(from: number, to: number): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power++) {
    for (const factor of [1, 2, 5]) {
      const tick = Number((factor * 10 ** power).toPrecision(3));
      if (tick >= from && tick <= to) ticks.push(tick);
    }
  }
  return ticks.length < 2 ? linearTicks(from, to) : ticks;
}

/** Three to nine round numbers inside the range. */
export function linearTicks(from: number, to: number): number[] {
  const rough = (to - from) / 8;
  const base = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * base).find((candidate) => candidate >= rough)!;
  const ticks: number[] = [];
  // By whole steps, because sums of 0.1 miss the last one.
  for (let count = Math.ceil(from / step - 1e-9); count <= to / step + 1e-9; count++) {
    ticks.push(Number((count * step).toPrecision(6)));
  }
  return ticks;
}

/** Decimals that all ticks of an axis are written with, where a chart puts some five of them at 1, 2, 3 or 5 times powers of ten. */
export function tickDecimals(from: number, to: number): number {
  if (!(to > from)) return Math.min(3, writtenDecimals(from));
  const step = (to - from) / 5;
  // From 7 on it is rounded to 10.
  return Math.max(0, -Math.floor(Math.log10(step / 0.7)));
}
