import { formatCounted, formatNumber } from '../format';
import type { TrialView } from '../run';
import type { BestOfModel, BestTrial } from './best-in-budget';
import type { BudgetVerdict, TrialJudgement } from './judge-budget';
import type { RunPresentation } from './reading';

/** A trial that is named as the best of its network, ready to show. */
export interface NamedTrial {
  trial: TrialView;
  /** "smallest", "fastest", "smallest and fastest", "nearest". */
  role: string;
  /** "1.92 MB, top-1 −0.6 [−1.0, −0.1], ×0.41 [0.40, 0.42]"; of the nearest, what it lacks. */
  figures: string;
  /** What the reader must know beside it: ties, and that it was chosen among many. */
  caveats: string[];
}

/** The best of one network in words: the trials, or why there is none. */
export interface BestInWords {
  model: string;
  /** "none passes", "nothing is measured yet", "nothing within it is smaller or clearly faster"; absent where one is. */
  none?: string;
  named: NamedTrial[];
}

/** One character where there is no room for words. */
export const budgetSigns: Record<BudgetVerdict, string> = { passes: '✓', 'may pass': '?', fails: '✕' };

/** How the number of images that would settle a loss is found, in one sentence. */
export const settlingRule =
  'Images that would settle a loss: (1.96 + 0.84)² v / m², a chance of four in five if the difference stays as it is; v is the variance of one image’s paired difference, from the answers that changed, m the distance of the difference from the limit.';

export function bestInWords(best: BestOfModel, presentation: RunPresentation, target: string): BestInWords {
  const { model, smallest, fastest, nearest, among, counts } = best;
  if (!smallest && !fastest) {
    if (counts.passes > 0) return { model, none: 'nothing within it is smaller or clearly faster', named: [] };
    if (!nearest) return { model, none: 'nothing is measured yet', named: [] };
    const figures = missingText(nearest.judgement);
    return { model, none: 'none passes', named: [{ trial: nearest.trial, role: 'nearest', figures, caveats: [] }] };
  }
  const named = (found: BestTrial, role: string, caveats: (string | undefined)[]): NamedTrial => ({
    trial: found.trial,
    role,
    figures: figuresOf(found.trial, presentation, target),
    caveats: [...caveats, amongText(found, among)].filter((caveat) => caveat !== undefined),
  });
  const [sizeTies, timeTies] = [smallest && sizeTiesText(smallest.ties), fastest && timeTiesText(fastest.ties)];
  if (smallest && fastest && smallest.trial === fastest.trial)
    return { model, named: [named(smallest, 'smallest and fastest', [sizeTies, timeTies])] };
  return {
    model,
    named: [
      ...(smallest ? [named(smallest, 'smallest', [sizeTies])] : []),
      ...(fastest ? [named(fastest, 'fastest', [timeTies])] : []),
    ],
  };
}

/** One line of text: "mobilenetv2: smallest int8, 3.84 MB, …; fastest …". */
export function bestLine({ model, none, named }: BestInWords): string {
  const parts = named.map(({ trial, role, figures, caveats }) =>
    [`${role} ${trial.recipe}, ${figures}`, ...caveats.map((caveat) => `(${caveat})`)].join(' '),
  );
  return `${model}: ${[...(none === undefined ? [] : [none]), ...parts].join('; ')}`;
}

function figuresOf(trial: TrialView, { read }: RunPresentation, target: string): string {
  const [size, top1, time] = (['size', 'top1', 'ratio'] as const).map((metric) => read(metric, trial, target));
  const interval = (text: string | undefined): string => (text === undefined ? '' : ` ${text}`);
  return [
    size && `${size.text} MB`,
    top1?.change && `top-1 ${top1.change.text}${interval(top1.change.interval)}`,
    time?.change && `${time.change.text}${interval(time.change.interval)}`,
  ]
    .filter(Boolean)
    .join(', ');
}

/** What keeps a trial from passing, with the images that would settle it. */
function missingText({ criteria }: TrialJudgement): string {
  return criteria
    .filter(({ verdict }) => verdict !== 'passes')
    .map(({ text, moreImages }) => (moreImages === undefined ? text : `${text}: ${moreImagesText(moreImages)}`))
    .join('; ');
}

/** A trial to a budget in one sentence without its full stop, for hover and screen readers. */
export function judgementText(judgement: TrialJudgement): string {
  if (judgement.verdict === 'passes') return 'within the budget';
  return `${judgement.verdict === 'fails' ? 'outside the budget' : 'may be within the budget'}: ${missingText(judgement)}`;
}

/** "about 2,300 more images would settle it", rounded up to two digits. */
export function moreImagesText(count: number): string {
  if (count === Infinity) return 'it lies on the limit, and no number of images settles that';
  if (count > 1e6) return 'more than a million more images would settle it';
  const step = 10 ** Math.max(0, Math.floor(Math.log10(count)) - 1);
  return `about ${formatNumber(Math.ceil(count / step) * step)} more images would settle it`;
}

const sizeTiesText = (ties: number): string | undefined =>
  ties === 0 ? undefined : `${formatCounted(ties, 'other has', 'others have')} as many bytes`;
const timeTiesText = (ties: number): string | undefined =>
  ties === 0 ? undefined : `${formatCounted(ties, 'other is', 'others are')} not clearly slower or faster`;

/** One of many passes by chance: who ships it should look again on other images. */
const amongText = ({ holdsAmongAll }: BestTrial, among: number): string | undefined =>
  holdsAmongAll || among < 2 ? undefined : `not certain as the best of ${among}`;
