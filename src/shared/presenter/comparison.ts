import {
  formatDelta,
  formatInterval,
  formatNumber,
  formatRatio,
  formatRatioInterval,
  percentDecimals,
  ratioDecimals,
  writtenDecimals,
} from '../format';
import type { Interval } from '../metrics';
import { notAmong, verdictSigns, verdictWords, type Better, type Verdict } from './verdict';
import { extraDecimals, positionOf, type Zone } from './zone';

/** How a value differs from what it is compared with, in numbers and ready to show. */
export interface Comparison {
  verdict: Verdict;
  /** "▲": the verdict in one character. */
  sign: string;
  /** The verdict for people: "clear gain", "within 1 %". */
  words: string;
  /** "×0.27", "−0.4". */
  text: string;
  /** "[0.57, 0.61]"; absent where the value is exact. */
  interval?: string;
  direction: 'down' | 'up' | 'same';
  /** p-value adjusted for the comparisons of its kind in the run; absent where none could be computed. */
  adjustedP?: number;
}

/** One measured difference among all those of its kind in a run. */
export interface Measured {
  value: number;
  interval: Interval;
  adjustedP?: number | undefined;
  /** How many comparisons the p-value is adjusted for. */
  among: number;
}

/** The largest share of false claims among the clear ones of a matrix. */
export const falseDiscoveryRate = 0.05;

/**
 * The verdict on a measured difference. It is clear when its 95 % interval lies outside the zone of indifference and its adjusted
 * p-value is at most 5 %; results of earlier versions carry no sessions and so no p-value, and are judged by the interval alone.
 */
function judge(
  { interval, adjustedP }: Measured,
  zone: Zone,
  better: Better,
): { verdict: Verdict; isOutweighed: boolean } {
  const position = positionOf(interval, zone);
  if (position === 'inside') return { verdict: 'same', isOutweighed: false };
  if (position === 'across') return { verdict: 'unclear', isOutweighed: false };
  if (adjustedP !== undefined && !(adjustedP <= falseDiscoveryRate)) return { verdict: 'unclear', isOutweighed: true };
  return { verdict: (position === 'below') === (better === 'lower') ? 'gain' : 'loss', isOutweighed: false };
}

const directionOf = (value: number, none: number): Comparison['direction'] =>
  value === none ? 'same' : value < none ? 'down' : 'up';

/** "0.12", "0.034", "< 0.001"; with as many decimals as it takes to stand on its side of 5 %. */
export function formatP(p: number): string {
  if (p < 0.001) return '< 0.001';
  let decimals = p < 0.1 ? 3 : 2;
  while (decimals < 9 && Number(p.toFixed(decimals)) <= falseDiscoveryRate !== p <= falseDiscoveryRate) decimals++;
  return p.toFixed(decimals);
}

function compared(
  measured: Measured,
  zone: Zone,
  shown: { better: Better; none: number; text: string; interval: string; within: string },
): Comparison {
  const { verdict, isOutweighed } = judge(measured, zone, shown.better);
  const { adjustedP, among } = measured;
  const same = zone[0] < zone[1] ? shown.within : verdictWords.same;
  const words = isOutweighed ? notAmong(among) : verdict === 'same' ? same : verdictWords[verdict];
  return {
    verdict,
    sign: verdictSigns[verdict],
    words,
    text: shown.text,
    // Where the interval alone would make a claim, the reader sees what speaks against it.
    interval: isOutweighed ? `${shown.interval} ${among > 1 ? 'q' : 'p'} ${formatP(adjustedP!)}` : shown.interval,
    direction: directionOf(measured.value, shown.none),
    ...(adjustedP !== undefined && { adjustedP }),
  };
}

const ratioDigits = (ratio: number, interval: Interval, zone: Zone): { text: string; interval: string } => {
  const extra = extraDecimals(interval, zone, ratioDecimals);
  return {
    text: formatRatio(ratio, ratioDecimals(ratio) + extra),
    interval: formatInterval(interval, (end) => formatNumber(end, ratioDecimals(end) + extra)),
  };
};

/** A time ratio: below 1 is faster. */
export function compareRatio(measured: Measured, zone: Zone): Comparison {
  const { value, interval } = measured;
  const within = `within ${formatNumber(100 * (zone[1] - 1), writtenDecimals(100 * (zone[1] - 1)))} %`;
  return compared(measured, zone, { better: 'lower', none: 1, within, ...ratioDigits(value, interval, zone) });
}

/** A difference of top-1 in percentage points on `n` images. */
export function comparePoints(measured: Measured, zone: Zone, n: number): Comparison {
  const { value, interval } = measured;
  const usual = percentDecimals(n);
  const decimals = usual + extraDecimals(interval, zone, () => usual);
  return compared(measured, zone, {
    better: 'higher',
    none: 0,
    text: formatDelta(value, decimals),
    interval: formatInterval(interval, (end) => formatDelta(end, decimals)),
    within: `within ${formatNumber(zone[1], writtenDecimals(zone[1]))} points`,
  });
}

/** The baseline beside itself: shown for its interval, never a claim. */
export function controlRatio(ratio: number, interval: Interval): Comparison {
  return {
    verdict: 'control',
    sign: verdictSigns.control,
    words: verdictWords.control,
    text: formatRatio(ratio),
    interval: formatRatioInterval(interval),
    direction: directionOf(ratio, 1),
  };
}

const sameSizeShare = 0.005;

/**
 * Sizes and counts are exact: any difference that shows in a ratio of two decimals is clear. Below that it is a few bytes of names.
 * Lower is better.
 */
export function compareExact(value: number, reference: number | undefined): Comparison | undefined {
  if (reference === undefined || reference <= 0) return undefined;
  const ratio = value / reference;
  const zone: Zone = [1 - sameSizeShare, 1 + sameSizeShare];
  const { verdict } = judge({ value: ratio, interval: [ratio, ratio], among: 1 }, zone, 'lower');
  const isSame = value === reference;
  return {
    verdict,
    sign: verdictSigns[verdict],
    words: verdict !== 'same' || isSame ? verdictWords[verdict] : `within ${formatNumber(100 * sameSizeShare, 1)} %`,
    text: isSame ? 'same' : verdict === 'same' ? formatRatio(1) : ratioDigits(ratio, [ratio, ratio], zone).text,
    direction: verdict === 'same' ? 'same' : directionOf(ratio, 1),
  };
}
