import type { TrialMetrics } from '@shared/metrics';

/** What is known of a trial when one asks why it collapsed. */
export interface CollapseEvidence {
  metrics: Pick<TrialMetrics, 'top1' | 'top1Delta'>;
  /** Top-1 of the uncompressed network on the same images, %; of a baseline, its own. */
  baselineTop1: number | undefined;
  classes: number;
  /** How many steps were applied. */
  steps: number;
  /** What its techniques say may be behind it, the surest first. */
  causes: readonly string[];
}

const largestLoss = 20;
/** Within this share of the way from guessing to always right. */
const nearChance = 0.01;

/** Whether that many percent are hardly more than guessing among so many classes gives. */
export function isChance(top1: number, classes: number): boolean {
  const chance = 100 / classes;
  return top1 - chance <= nearChance * (100 - chance);
}

/**
 * Whether a network fell to guessing or lost more than 20 points of top-1, and the likely cause in words; undefined where neither
 * happened or accuracy was not measured.
 */
export function collapseOf({ metrics, baselineTop1, classes, steps, causes }: CollapseEvidence): string | undefined {
  const { top1, top1Delta = 0 } = metrics;
  if (top1 === undefined) return undefined;
  const guesses = isChance(top1, classes);
  if (!guesses && top1Delta >= -largestLoss) return undefined;
  const what = guesses ? 'it guesses' : `it lost ${(-top1Delta).toFixed(1)} points`;
  if (baselineTop1 !== undefined && isChance(baselineTop1, classes))
    return `${what}; the uncompressed network guesses too, so preprocessing or labels do not fit it: check its card`;
  if (causes[0] !== undefined) return `${what}; ${causes[0]}`;
  return `${what}; no single cause stands out${steps > 1 ? ': apply the steps one by one' : ''}`;
}
