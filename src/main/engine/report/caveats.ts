import { sentenceFor } from '@shared/errors';
import { formatCounted, formatNumber } from '@shared/format';
import { latencyOf } from '@shared/presenter/deployment';
import { disturbanceText, disturbedSign, worstDisturbanceText } from '@shared/presenter/disturbance';
import { processorsOf } from '@shared/presenter/machines-of-run';
import type { RunPresentation } from '@shared/presenter/reading';
import type { RunView, TrialView } from '@shared/run';
import { appliesTo, saidOfTrials, type Said } from './said-of-trials';

/** Below, one answer is more than a tenth of a point. */
const fewImages = 1000;

/** What a reader must know before trusting the numbers: of the whole run first, then of its trials. */
export function caveats({ run }: Pick<RunPresentation, 'run'>, trials: readonly TrialView[]): Said[] {
  const ofTrials = saidOfTrials(run, trials, (trial) => [
    ...(trial.error ? [`Failed: ${sentenceFor(trial.error)}`] : []),
    ...(trial.lacking ?? []).map(({ reason }) => sentenceFor(reason)),
    ...(trial.collapsed ? [`Collapsed: ${trial.collapsed}.`] : []),
  ]);
  const disturbed = run.manifest.targets.flatMap((target) => ofDisturbed(run, trials, target) ?? []);
  return [...ofRun(run, trials).map((sentence) => ({ sentence })), ...ofTrials, ...disturbed];
}

/** What the sign beside a time means, once for all that have it; undefined where none has. */
function ofDisturbed(run: RunView, trials: readonly TrialView[], target: string): Said | undefined {
  const found = trials.filter((trial) => disturbanceText(latencyOf(trial, target)?.disturbance));
  if (found.length === 0) return undefined;
  const facts = found.flatMap((trial) => latencyOf(trial, target)?.disturbance ?? []);
  const counted = formatCounted(found.length, 'measurement');
  const [was, them] = found.length === 1 ? ['was', 'it'] : ['were', 'them'];
  return {
    sentence: `${disturbedSign} ${counted} on ${target} ${was} disturbed: ${worstDisturbanceText(facts)}. Measure ${them} again while nothing else runs.`,
    of: appliesTo(run, found),
  };
}

function ofRun(run: RunView, trials: readonly TrialView[]): string[] {
  const { dataset } = run.manifest;
  const open = run.trialsTotal - run.trialsDone - run.trialsFailed - (run.trialsSkipped ?? 0);
  const isTimed = trials.some(({ metrics }) => metrics.latency.length > 0);
  return [
    open > 0 &&
      `${formatNumber(open)} of ${formatNumber(run.trialsTotal)} trials are not finished; verdicts may change with them.`,
    fewImagesSentence(trials),
    dataset.skipped > 0 &&
      `${formatNumber(dataset.skipped)} ${dataset.skipped === 1 ? 'image was' : 'images were'} skipped because they cannot be used; every recipe was scored on the others.`,
    isTimed &&
      run.sweep.latency === 'quick' &&
      'Times are of the quick protocol; the rigorous one takes more session pairs until the ratio is known to about 1 %.',
    isTimed &&
      `Times and 8-bit answers depend on the processor (${processorsOf(run.manifest).join('; ')}): on another one the ratios are others. Measure there before deciding for it.`,
  ].filter((sentence) => sentence !== false && sentence !== undefined);
}

function fewImagesSentence(trials: readonly TrialView[]): string | undefined {
  const counts = trials.flatMap(({ metrics }) => (metrics.n === undefined ? [] : [metrics.n]));
  const n = Math.min(...counts);
  if (counts.length === 0 || n >= fewImages) return undefined;
  const halfWidths = trials
    .flatMap(({ metrics: { top1DeltaInterval: interval } }) => (interval ? [(interval[1] - interval[0]) / 2] : []))
    .sort((a, b) => a - b);
  const typical = halfWidths[Math.floor(halfWidths.length / 2)];
  const width =
    typical === undefined
      ? ''
      : `, and half of the intervals of a difference are wider than ±${formatNumber(typical, 1)} points`;
  return `Few images: on ${formatNumber(n)} one answer is ${formatNumber(100 / n, 2)} points of top-1${width}. What is not clearly lost here may still be lost.`;
}
