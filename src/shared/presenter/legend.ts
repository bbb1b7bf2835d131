import { formatNumber, formatPercent, writtenDecimals } from '../format';
import { falseDiscoveryRate } from './comparison';
import type { RunPresentation } from './reading';
import { indifferenceOf } from './zone';
import { verdictSigns, verdictWords, type Verdict } from './verdict';

/** The key to signs and shades, in the order of their weight. */
export function verdictKey({ run }: RunPresentation): { verdict: Verdict; sign: string; words: string }[] {
  const { time } = indifferenceOf(run);
  const within =
    time > 0 ? `within ${formatPercent(100 * time, writtenDecimals(100 * time))} of the time` : verdictWords.same;
  const words = { ...verdictWords, same: within };
  const order: Verdict[] = [
    'gain',
    'loss',
    'same',
    'unclear',
    ...(run.against === undefined ? ['control' as const] : []),
  ];
  return order.map((verdict) => ({ verdict, sign: verdictSigns[verdict], words: words[verdict] }));
}

/** What "clear" means in this run, in one sentence. */
export function verdictRule({ run, comparisons: { among } }: RunPresentation): string {
  const { time, top1 } = indifferenceOf(run);
  const zones = [
    ...(time > 0
      ? [`${formatPercent(100 * time, writtenDecimals(100 * time))} of the time${among.energy > 0 ? ' or energy' : ''}`]
      : []),
    ...(top1 > 0 ? [`${formatNumber(top1, writtenDecimals(top1))} points of top-1`] : []),
  ];
  const beyond = zones.length > 0 ? `is wholly beyond ${zones.join(' and ')}` : 'holds no "no change"';
  const energies = among.energy > 0 ? `${formatNumber(among.energy)} of energy, ` : '';
  const count = `${formatNumber(among.latency)} of time, ${energies}${formatNumber(among.top1)} of top-1`;
  return `Clear: the 95 % interval ${beyond}, and the p-value, adjusted for all comparisons of the run (${count}; Benjamini and Hochberg), is at most ${formatPercent(100 * falseDiscoveryRate, 0)}. Sizes are exact.`;
}

/** What the ratios and differences are against. */
export function referenceRule({ run }: RunPresentation): string {
  const rule =
    run.against === undefined
      ? "Ratios are to the model's own baseline, measured side by side; the baseline's own ratio (A/A control) shows what noise alone does."
      : `All compared with ${run.against}; times by way of the model's baseline, beside which both were measured.`;
  const elsewhere = Object.entries(run.manifest.baselineTargets ?? {}).map(
    ([target, other]) =>
      `${target} takes networks in integers alone: its baseline is the network in floats on ${other}.`,
  );
  return [rule, ...elsewhere].join(' ');
}

/** Why milliseconds are not simply those that were measured. */
export const timesRule =
  "Times are scaled to one measurement of the model's baseline, so that they agree with the ratios.";
