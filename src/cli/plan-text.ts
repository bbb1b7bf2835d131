import type { SweepPlan } from '@shared/sweep-plan';
import { formatBytes, formatNumber } from '@shared/format';
import { placeText, planTimeText } from '@shared/presenter/sweep-plan';

/** What a sweep would do, for people who asked for no more than that. */
export function planText({
  trials,
  recipes,
  steps,
  cachedSteps,
  sharedSteps,
  diskBytes,
  freeBytes,
  places = [],
  ...rest
}: SweepPlan): string {
  const rows = [
    ['recipes', recipes.join('; ')],
    ['trials', formatNumber(trials)],
    ['steps', `${formatNumber(steps)}; ${formatNumber(sharedSteps)} more are shared between trials`],
    ['computed already', formatNumber(cachedSteps)],
    ['time', planTimeText({ ...rest, left: steps - cachedSteps })],
    ['disk', `up to ${formatBytes(diskBytes)}${freeBytes === undefined ? '' : `, ${formatBytes(freeBytes)} are free`}`],
    ...places.map((place, at) => [at === 0 ? 'where' : '', placeText(place)]),
  ];
  return rows.map(([title, text]) => `${title!.padEnd(18)}${text}\n`).join('');
}
