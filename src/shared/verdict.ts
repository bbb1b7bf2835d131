/**
 * What a measured difference means. Only an interval that excludes "no change" makes a claim; everything else is
 * "no clear difference", however large the number looks.
 */
import type { Interval } from './metrics';

export type Better = 'lower' | 'higher';
export type Verdict = 'gain' | 'loss' | 'unclear';

const words: Record<Verdict, string> = {
  gain: 'clear gain',
  loss: 'clear loss',
  unclear: 'no clear difference',
};

/** One character for where there is no room for words, as in text tables and prints. */
export const verdictSigns: Record<Verdict, string> = { gain: '▲', loss: '▼', unclear: '≈' };

export function verdictText(verdict: Verdict): string {
  return words[verdict];
}

function verdictAgainst(noChange: number, [low, high]: Interval, better: Better): Verdict {
  if (low > noChange && high > noChange) return better === 'higher' ? 'gain' : 'loss';
  if (low < noChange && high < noChange) return better === 'lower' ? 'gain' : 'loss';
  return 'unclear';
}

/** A size is exact: any difference that shows in its ratio (from ×0.99 or ×1.01 on) is clear. */
export function verdictOfSize(sizeBytes: number, baselineBytes: number): Verdict {
  const ratio = sizeBytes / baselineBytes;
  return Math.abs(ratio - 1) < 0.005 ? 'unclear' : verdictOfRatio([ratio, ratio], 'lower');
}

/** What a latency means beside the size of its file: a smaller one that is not clearly faster gains size only. */
export function latencyVerdictText(latency: Verdict, size: Verdict | undefined): string {
  if (size !== 'gain' || latency === 'gain') return words[latency];
  return latency === 'unclear' ? 'size only' : 'size only, slower';
}

/** The 95 % interval of candidate minus baseline; an end that touches 0 is not clear. */
export function verdictOfDelta(interval: Interval, better: Better): Verdict {
  return verdictAgainst(0, interval, better);
}

/** The 95 % interval of candidate / baseline; an end that touches 1 is not clear. */
export function verdictOfRatio(interval: Interval, better: Better): Verdict {
  return verdictAgainst(1, interval, better);
}
