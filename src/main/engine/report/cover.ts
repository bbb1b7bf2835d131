import { formatBytes, formatNumber, writtenDecimals } from '@shared/format';
import { deploymentOf, latencyOf, runtimeOf } from '@shared/presenter/deployment';
import { machineOf } from '@shared/presenter/machines-of-run';
import { roundsText, type Reading, type RunPresentation } from '@shared/presenter/reading';
import type { Budget } from '@shared/presenter/budget';
import type { TrialView } from '@shared/run';
import { bestOfNetwork, type BestOfNetwork } from './best-of-networks';
import type { ReportTable } from './report-table';

/** More networks than this are named in the table alone: a sentence of ten names is not read. */
const namedInSentences = 3;

/** The first page: three sentences made from the numbers, and the trials they are about. */
export interface Cover {
  sentences: readonly [best: string, lost: string, basis: string];
  /** What is named for each network, with the figures that speak for and against it. */
  best: ReportTable;
}

/** @param trialsOf the trials of a network that the view shows */
export function coverOf(
  presentation: RunPresentation,
  models: readonly string[],
  target: string,
  trialsOf: (model: string) => readonly TrialView[],
  budget?: Budget,
): Cover {
  const best = models.map((model) => bestOfNetwork(presentation, model, target, trialsOf(model), budget));
  const shown = models.flatMap((model) => trialsOf(model));
  return {
    sentences: [
      bestSentence(presentation, target, best, scopeOf(presentation, target, shown, budget), budget),
      lossSentence(presentation, target, best),
      basisSentence(presentation, target, shown),
    ],
    best: bestTable(presentation, target, best),
  };
}

const decimalsOf = (value: number): string => formatNumber(value, writtenDecimals(value));

/** "at most 1 point of top-1 lost, at most 2 MB, at most 0.5 of the time" */
export function budgetText({ maxDropPoints, maxBytes, maxLatencyRatio }: Budget): string {
  return [
    maxDropPoints !== undefined &&
      `at most ${decimalsOf(maxDropPoints)} ${maxDropPoints === 1 ? 'point' : 'points'} of top-1 lost`,
    maxBytes !== undefined && `at most ${formatBytes(maxBytes)}`,
    maxLatencyRatio !== undefined && `at most ${decimalsOf(maxLatencyRatio)} of the time`,
  ]
    .filter(Boolean)
    .join(', ');
}

function scopeOf(
  { run }: RunPresentation,
  target: string,
  shown: readonly TrialView[],
  budget: Budget | undefined,
): string {
  const count = shown.filter(({ collapsed, isBaseline }) => collapsed !== undefined && !isBaseline).length;
  const left = count > 0 ? ` and without ${formatNumber(count)} that collapsed` : '';
  if (budget) return `Within the budget (${budgetText(budget)})${left}`;
  const runtime = runtimeOf(run, target);
  const isScored = run.trials.some((trial) => deploymentOf(trial, runtime).top1 !== undefined);
  return isScored ? `Without a clear loss of top-1${left}` : 'By size and time alone, since top-1 was not measured';
}

/** "×0.27 of the size", "×0.59 of the time [0.57, 0.61]" */
function gainText(reading: Reading | undefined, what: string): string {
  const { text = '', interval } = reading?.change ?? {};
  return `${text} of the ${what}${interval ? ` ${interval}` : ''}`;
}

/** The recipe, and what speaks against its being the best. */
function nameOf({ doubtful }: BestOfNetwork, trial: TrialView): string {
  if (!doubtful?.trials.includes(trial)) return trial.recipe;
  return `${trial.recipe} (not certain as the best of ${doubtful.among})`;
}

function bestOfText({ read }: RunPresentation, target: string, best: BestOfNetwork): string {
  const { model, smallest, fastest } = best;
  const size = smallest && gainText(read('size', smallest, target), 'size');
  const time = fastest && gainText(read('ratio', fastest, target), 'time');
  if (smallest && smallest === fastest)
    return `${nameOf(best, smallest)} is the smallest and the fastest ${model} (${size}, ${time})`;
  const parts = [
    smallest && `${nameOf(best, smallest)} is the smallest ${model} (${size})`,
    fastest && `${nameOf(best, fastest)} the fastest${smallest ? '' : ` ${model}`} (${time})`,
  ].filter(Boolean);
  return parts.join(' and ');
}

function bestSentence(
  presentation: RunPresentation,
  target: string,
  best: readonly BestOfNetwork[],
  scope: string,
  budget: Budget | undefined,
): string {
  const found = best.filter(({ smallest, fastest }) => smallest ?? fastest);
  const others = best.filter(({ smallest, fastest }) => !(smallest ?? fastest)).map(({ model }) => model);
  if (found.length === 0)
    return `${scope}, no recipe shown makes ${best.length === 1 ? others[0] : 'any of the models'} clearly smaller or faster.`;
  if (best.length > namedInSentences)
    return `${scope}, ${formatNumber(found.length)} of ${formatNumber(best.length)} models become clearly smaller or faster; the table names the best recipe of each.`;
  const named = found.map((one) => bestOfText(presentation, target, one)).join('; ');
  const rest = others.length > 0 ? `; nothing ${budget ? 'fits it' : 'does so'} for ${others.join(' and ')}` : '';
  return `${scope}, ${named}${rest}.`;
}

/** Each trial that is named, once. */
function namedTrials(best: readonly BestOfNetwork[]): TrialView[] {
  return best.flatMap(({ smallest, fastest }) =>
    [...new Set([smallest, fastest])].filter((trial) => trial !== undefined),
  );
}

function lossSentence({ run, read }: RunPresentation, target: string, best: readonly BestOfNetwork[]): string {
  const changes = namedTrials(best).flatMap((trial) => {
    const change = read('top1', trial, target)?.change;
    const delta = deploymentOf(trial, runtimeOf(run, target)).top1Delta;
    if (!change || delta === undefined) return [];
    // What speaks against an interval stands there in words, not as a p-value.
    const [interval = '', isDoubtful] = change.interval?.split(/ [pq] /) ?? [];
    const doubt = isDoubtful === undefined ? '' : ` (${change.words})`;
    return [{ delta, text: `${change.text} points ${interval}${doubt} with ${trial.recipe} of ${trial.model}` }];
  });
  if (changes.length === 0)
    return namedTrials(best).length === 0
      ? 'Nothing is recommended, so nothing is lost; the matrix shows what each recipe would cost.'
      : 'What they lose is not known, because the images have no labels or were not evaluated.';
  if (changes.length <= namedInSentences + 1)
    return `Top-1 changes by ${changes.map(({ text }) => text).join(', by ')}.`;
  const worst = changes.reduce((most, change) => (change.delta < most.delta ? change : most));
  return `Of the ${formatNumber(changes.length)} named, the one that changes top-1 most for the worse does so by ${worst.text}.`;
}

function basisSentence({ run }: RunPresentation, target: string, shown: readonly TrialView[]): string {
  const runtime = runtimeOf(run, target);
  const counts = shown.map((trial) => deploymentOf(trial, runtime).n).filter((n) => n !== undefined);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  const images =
    counts.length === 0
      ? 'No image was evaluated'
      : `Top-1 is of ${formatNumber(least)}${most > least ? ` to ${formatNumber(most)}` : ''} images, the same for a model and all its recipes`;
  const latency = shown.map((trial) => latencyOf(trial, target)).find((one) => one !== undefined);
  const times = latency
    ? `times are of ${target} on ${machineOf(run, target).cpu}, each beside its reference in ${roundsText(latency)}`
    : 'no times were measured';
  return `${images}; ${times}; intervals hold 95 %.`;
}

function bestTable({ run, read }: RunPresentation, target: string, best: readonly BestOfNetwork[]): ReportTable {
  const row = (model: string, what: string, trial: TrialView): string[] => {
    const [size, ratio, top1] = (['size', 'ratio', 'top1'] as const).map((metric) => read(metric, trial, target));
    const change = (reading: Reading | undefined): string =>
      reading?.change ? `${reading.change.text} ${reading.change.interval ?? ''}`.trim() : '';
    const { sizeBytes = NaN, n } = deploymentOf(trial, runtimeOf(run, target));
    return [
      model,
      what,
      trial.recipe,
      size ? `${formatBytes(sizeBytes)} ${change(size)}` : '',
      change(ratio),
      top1 ? `${top1.text} % ${change(top1)}` : '',
      n === undefined ? '' : formatNumber(n),
    ];
  };
  const rows = best.flatMap(({ model, smallest, fastest }) => {
    if (smallest && smallest === fastest) return [row(model, 'smallest and fastest', smallest)];
    const found = [
      ...(smallest ? [row(model, 'smallest', smallest)] : []),
      ...(fastest ? [row(model, 'fastest', fastest)] : []),
    ];
    return found.length > 0 ? found : [[model, 'none', '', '', '', '', '']];
  });
  const heads = [
    'network',
    'best',
    'recipe',
    'size',
    `time, ${target || 'no target'}`,
    'top-1, change in points',
    'images',
  ];
  return { heads, rows, numbers: [3, 4, 5, 6] };
}
