import { formatNumber } from '@shared/format';
import type { Interval, LatencyMetrics } from '@shared/metrics';
import type { Zone } from '@shared/presenter/zone';

/** One pair of sessions: its ratio, where it lies along the axis (0..1), and how high it is stacked on others. */
export interface StripDot {
  pair: number;
  ratio: number;
  at: number;
  level: number;
}

export interface StripRow {
  name: string;
  dots: StripDot[];
  levels: number;
}

/** Ratios of session pairs along one axis; all places are shares of its length. */
export interface LatencyStrip {
  rows: StripRow[];
  /** The 95 % interval of the median; absent where the ratio is a quotient of two measurements. */
  interval?: Interval;
  zone: Interval;
  /** No difference. */
  one: number;
  ratio?: number;
  ticks: { at: number; text: string }[];
}

/** Room at either end of the axis, and width of a dot, as shares of its length. */
const margin = 0.06;
const dotWidth = 0.028;

/** The distribution behind a time ratio; undefined for results of earlier versions, which kept no sessions. */
export function latencyStrip(latency: LatencyMetrics, zone: Zone): LatencyStrip | undefined {
  const { sessionRatios: own, referenceSessionRatios: reference, ratio, ratioInterval } = latency;
  if (!own || own.length === 0) return undefined;
  const values = [...own, ...(reference ?? []), ...zone, ...(reference ? [] : ratioInterval)];
  // On a logarithmic axis half and double are equally far from 1.
  const [low, high] = [Math.log(Math.min(...values)), Math.log(Math.max(...values))];
  const place = (value: number): number => margin + ((1 - 2 * margin) * (Math.log(value) - low)) / (high - low || 1);
  const placed = ([from, to]: Interval): Interval => [place(from), place(to)];
  const row = (name: string, ratios: readonly number[]): StripRow => {
    const dots = stacked(ratios.map((value, index) => ({ pair: index + 1, ratio: value, at: place(value) })));
    return { name, dots, levels: 1 + Math.max(...dots.map(({ level }) => level)) };
  };
  return {
    rows: [row('this', own), ...(reference ? [row('reference', reference)] : [])],
    ...(!reference && { interval: placed(ratioInterval), ratio: place(ratio) }),
    zone: placed(zone),
    one: place(1),
    ticks: ticksOf(Math.exp(low), Math.exp(high)).map((value) => ({
      at: place(value),
      text: value === 1 ? '1' : formatNumber(value, decimalsBetween(low, high)),
    })),
  };
}

/** Dots that would cover each other stand on each other. */
function stacked(dots: readonly Omit<StripDot, 'level'>[]): StripDot[] {
  const ends: number[] = [];
  return dots
    .toSorted((a, b) => a.at - b.at)
    .map((dot) => {
      const free = ends.findIndex((end) => end <= dot.at);
      const level = free < 0 ? ends.length : free;
      ends[level] = dot.at + dotWidth;
      return { ...dot, level };
    });
}

const leastGap = 0.12;

/** Both ends, and 1 where it lies apart from them. */
function ticksOf(low: number, high: number): number[] {
  const range = Math.log(high / low);
  const isApart = (end: number): boolean => Math.abs(Math.log(end)) > leastGap * range;
  return [...(isApart(low) ? [low] : []), 1, ...(isApart(high) ? [high] : [])];
}

/** Enough to tell the ends apart. */
const decimalsBetween = (low: number, high: number): number => (high - low > 0.2 ? 2 : high - low > 0.02 ? 3 : 4);
