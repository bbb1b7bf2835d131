import { formatNumber, formatPercent } from '../format';
import type { Disturbance } from '../metrics';

/**
 * A preempted image waits a whole time slice of the scheduler. One in a hundred may, anywhere; where the hundredth takes three
 * times the median, the core was given to others again and again.
 */
const highestP99OverP50 = 3;
/** Rounds on a quiet machine scatter by about 1 % (median absolute deviation): five times that is other work, or a clock that changes. */
const highestRoundSpread = 0.05;
/** A quarter of the machine's processor time: a busy core of four, or half a core of two, beside which memory and caches are shared. */
const highestOtherCpuShare = 0.25;

/** What disturbed a measurement, each in words; none where nothing did. */
function reasonsOf({ p99OverP50, roundSpread, otherCpuShare = 0 }: Disturbance): string[] {
  return [
    otherCpuShare > highestOtherCpuShare &&
      `other processes took ${formatPercent(100 * otherCpuShare, 0)} of the processor`,
    p99OverP50 > highestP99OverP50 && `one image in a hundred took ${formatNumber(p99OverP50, 1)} times the median`,
    roundSpread > highestRoundSpread && `rounds differed by ${formatPercent(100 * roundSpread, 0)}`,
  ].filter((reason) => reason !== false);
}

/** What disturbed a measurement, as a sentence without its first capital and full stop; undefined where nothing did or nothing is known. */
export function disturbanceText(facts: Disturbance | undefined): string | undefined {
  const reasons = facts ? reasonsOf(facts) : [];
  return reasons.length > 0 ? `disturbed: ${reasons.join('; ')}` : undefined;
}

/** What disturbed several measurements, each thing where it was worst: "other processes took up to 65 % of the processor". */
export function worstDisturbanceText(all: readonly Disturbance[]): string {
  const worst = (of: (facts: Disturbance) => number): number => Math.max(...all.map(of));
  return reasonsOf({
    p99OverP50: worst(({ p99OverP50 }) => p99OverP50),
    roundSpread: worst(({ roundSpread }) => roundSpread),
    otherCpuShare: worst(({ otherCpuShare = 0 }) => otherCpuShare),
  })
    .map((reason) => (all.length > 1 ? reason.replace(/(took|by) (?=\d)/, '$1 up to ') : reason))
    .join('; ');
}

/** Beside a time that other work disturbed, wherever there is no room for the sentence. */
export const disturbedSign = '!';
