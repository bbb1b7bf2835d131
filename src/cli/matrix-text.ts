import { sentenceFor } from '@shared/errors';
import { absent, formatDelta } from '@shared/format';
import { runtimeOf, runtimesOf } from '@shared/presenter/deployment';
import { disturbedSign } from '@shared/presenter/disturbance';
import { hasEnergy } from '@shared/presenter/energy';
import { referenceRule, timesRule, verdictKey, verdictRule } from '@shared/presenter/legend';
import { explainTrial } from '@shared/presenter/explain/explain';
import { agreementReadings, agreementSentence } from '@shared/presenter/runtime-agreement';
import { stoppedSentence, stoppedTexts } from '@shared/presenter/stopped-training';
import { presentRun, type Reading, type RunPresentation } from '@shared/presenter/reading';
import type { RunView, TrialView } from '@shared/run';
import { textTable } from './text-table';

/** The matrix for a terminal: one table a model and runtime, so that it fits in 120 columns. */
export function matrixText(run: RunView): string {
  const presentation = presentRun(run);
  const runtimes = runtimesOf(run);
  const tables = run.models.flatMap((model) =>
    runtimes.map((runtime) => {
      const targets = run.manifest.targets.filter((target) => (runtimeOf(run, target) ?? runtimes[0]) === runtime);
      return table(presentation, runtimes.length > 1 ? `${model}, ${runtime}` : model, model, targets);
    }),
  );
  const failures = run.trials.flatMap((trial) => (trial.error ? [`${trial.id}: ${sentenceFor(trial.error)}\n`] : []));
  const lacking = run.trials.flatMap(({ id, lacking: reasons = [] }) =>
    reasons.map(({ reason }) => `${wrap(`${id}: ${sentenceFor(reason)}`)}\n`),
  );
  const collapses = run.trials.flatMap((trial) =>
    trial.collapsed === undefined ? [] : [`${trial.id} collapsed: ${trial.collapsed}.\n`],
  );
  const stopped = run.trials.flatMap(({ id, training }) => {
    const texts = stoppedTexts(training);
    return texts.length > 0 ? [`${wrap(`${id}: ${stoppedSentence(texts)}`)}\n`] : [];
  });
  const agreements = run.trials.flatMap((trial) =>
    agreementReadings(trial).map((reading) => `${wrap(`${trial.id}: ${agreementSentence(reading)}.`)}\n`),
  );
  const sections = [
    stopped,
    collapses,
    failures,
    lacking,
    agreements,
    disturbances(presentation),
    explanations(presentation),
    published(run),
  ];
  return [
    ...tables,
    ...sections.filter((lines) => lines.length > 0).map((lines) => lines.join('')),
    legend(presentation),
  ].join('\n');
}

function table(presentation: RunPresentation, title: string, model: string, targets: readonly string[]): string {
  const { run } = presentation;
  const metered = hasEnergy(run) ? targets : [];
  const withPackages = hasPackages(run);
  const ofBase = { title: run.against === undefined ? 'of base' : 'of ref', align: 'right' as const };
  const columns = [
    { title },
    { title: 'size MB', align: 'right' as const },
    ofBase,
    { title: 'bits/w', align: 'right' as const },
    ...(withPackages ? [{ title: 'Core ML MB', align: 'right' as const }, ofBase] : []),
    ...targets.flatMap((target) => [{ title: `${target} ms`, align: 'right' as const }, { title: 'ratio [95 %]' }]),
    ...metered.flatMap((target) => [{ title: `${target} mJ`, align: 'right' as const }, { title: 'ratio [95 %]' }]),
    { title: 'top-1 %', align: 'right' as const },
    { title: 'difference [95 %]' },
    { title: 'agree %', align: 'right' as const },
  ];
  const trials = run.recipes.flatMap((recipe) =>
    run.trials.filter((trial) => trial.model === model && trial.recipe === recipe),
  );
  return textTable(
    columns,
    trials.map((trial) => cells(presentation, trial, { targets, metered, withPackages })),
  );
}

function cells(
  { read }: RunPresentation,
  trial: TrialView,
  { targets, metered, withPackages }: { targets: readonly string[]; metered: readonly string[]; withPackages: boolean },
): string[] {
  const first = targets[0] ?? '';
  const size = read('size', trial, first);
  if (trial.status !== 'done' && !size) return [trial.recipe, trial.status];
  const [top1, coreml] = [read('top1', trial, first), read('size-coreml', trial, first)];
  return [
    size?.ranIn === undefined ? trial.recipe : `${trial.recipe} (${size.ranIn})`,
    size?.text ?? absent,
    size?.change?.text ?? '',
    read('bits-per-weight', trial, first)?.text ?? '',
    ...(withPackages ? [coreml?.text ?? absent, coreml?.change?.text ?? ''] : []),
    ...targets.flatMap((target) => {
      const latency = read('latency', trial, target);
      return latency ? [latency.text, change(latency)] : [absent, ''];
    }),
    ...metered.flatMap((target) => {
      const energy = read('energy', trial, target);
      return energy ? [energy.text, energy.change ? change(energy) : `  ${energy.spread}`] : [absent, ''];
    }),
    top1?.text ?? absent,
    top1 ? (top1.change ? change(top1) : `  ${top1.spread ?? ''}`) : '',
    read('agreement', trial, first)?.text ?? '',
  ];
}

function change({ change: found, disturbed }: Reading): string {
  const mark = disturbed ? ` ${disturbedSign}` : '';
  return found ? `${found.sign} ${found.text} ${found.interval ?? ''}${mark}` : mark;
}

/** The same sentence holds for many trials where the machine was busy for a while. */
function disturbances({ run, read }: RunPresentation): string[] {
  return run.trials.flatMap((trial) =>
    run.manifest.targets.flatMap((target) => {
      const disturbed = read('ratio', trial, target)?.disturbed;
      return disturbed ? [`${disturbedSign} ${trial.id} on ${target}, ${disturbed}.\n`] : [];
    }),
  );
}

/** Likely causes of what was measured; what holds on every target is said once. */
function explanations(presentation: RunPresentation): string[] {
  const { run } = presentation;
  const lines = run.trials.flatMap((trial) =>
    run.manifest.targets.flatMap((target) =>
      explainTrial(presentation, trial, target).map(({ sentence }) => `${trial.id}: ${sentence}\n`),
    ),
  );
  return [...new Set(lines)].map((line) => `${wrap(line.trimEnd())}\n`);
}

/** The closest published change of top-1 for each trial that has one. */
function published(run: RunView): string[] {
  return run.trials.flatMap((trial) => {
    const [first] = trial.published ?? [];
    if (!first || trial.metrics.top1Delta === undefined) return [];
    const [theirs, ours] = [formatDelta(-first.top1Drop), formatDelta(trial.metrics.top1Delta)];
    return [`${trial.id}: top-1 ${ours} here, ${theirs} published (${first.source.title}; ${first.differs}).\n`];
  });
}

/** Whether networks were also written as Core ML packages, which no target runs. */
const hasPackages = ({ trials }: RunView): boolean =>
  trials.some(({ metrics: { files = [] } }) => files.some(({ format }) => format === 'coreml'));

/** What was counted, once for each sensor. */
function energyRule({ trials }: RunView): string[] {
  const found = trials.flatMap(({ metrics }) =>
    metrics.latency.flatMap(({ energy }) => energy?.domains.join(' + ') ?? []),
  );
  return found.length > 0
    ? [`mJ: for one image, of ${[...new Set(found)].join(', or ')}, with what idling takes taken off.`]
    : [];
}

function legend(presentation: RunPresentation): string {
  const { run } = presentation;
  const { dataset, machine } = run.manifest;
  const undecoded = Math.max(0, ...run.trials.map((trial) => trial.metrics.skipped ?? 0));
  const left = dataset.skipped + undecoded;
  const skipped = left > 0 ? `, ${left.toLocaleString('en')} skipped` : '';
  const isDisturbed = disturbances(presentation).length > 0;
  const lines = [
    `${dataset.name}: ${dataset.eval.toLocaleString('en')} evaluation images${skipped}, ${dataset.calibration.toLocaleString('en')} for calibration. ${machine.cpu}.`,
    verdictKey(presentation)
      .map(({ sign, words }) => `${sign} ${words}`)
      .join('  '),
    verdictRule(presentation),
    `${referenceRule(presentation)} bits/w: bits of the file for each weight.`,
    timesRule,
    ...(hasPackages(run) ? ['Core ML MB: all files of the package, which nothing here runs.'] : []),
    ...energyRule(run),
    ...(isDisturbed
      ? [`${disturbedSign} disturbed by other work; "whittle run SWEEP --remeasure" measures those again.`]
      : []),
  ];
  return lines.map((line) => `${wrap(line)}\n`).join('');
}

/** Breaks between words, at the width of the tables. */
const wrap = (line: string): string => line.replaceAll(/(.{1,118})(?: |$)/g, '$1\n').trimEnd();
