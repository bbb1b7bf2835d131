import { absent, formatBytes, formatMsValue, formatNumber, decimalsFor } from '@shared/format';
import type { LayerFacts, LayerReport } from '@shared/layers';
import { deploymentOf, runtimeOf } from '@shared/presenter/deployment';
import type { Reading, RunPresentation } from '@shared/presenter/reading';
import { agreementAbout, agreementReadings } from '@shared/presenter/runtime-agreement';
import { heldOutSentence, trainingCurve, trainingFacts, type TrainingCurve } from '@shared/presenter/training-curve';
import type { TrialView } from '@shared/run';
import type { SensitivityReport } from '@shared/sensitivity';
import { paretoCharts, type Chart } from './charts';
import { publishedTable } from './published-table';
import type { ReportSources } from './report-sources';
import type { ReportTable } from './report-table';

/** How a network was trained in a trial. */
export interface Training {
  title: string;
  curve: TrainingCurve;
  /** What it shows. */
  sentence: string;
  facts: string;
}

/** What is said of one network on pages of its own. */
export interface NetworkPages {
  model: string;
  charts: readonly Chart[];
  sections: readonly { title: string; about: string; table: ReportTable }[];
  trainings: readonly Training[];
}

/** A network's front, what others published for it, and its layers and their sensitivity where these were measured. */
export function networkPages(
  presentation: RunPresentation,
  model: string,
  targets: readonly string[],
  trials: readonly TrialView[],
  sources: ReportSources,
): NetworkPages {
  const charts = paretoCharts(presentation, targets, trials);
  const front = frontTable(presentation, targets, trials, charts);
  const published = publishedTable(trials);
  const sensitivity = sources.sensitivity.get(model);
  const layered = trials.flatMap((trial) => {
    const report = sources.layers.get(trial.id);
    return report ? [{ trial, report }] : [];
  });
  const sections = [
    {
      title: 'Pareto front',
      about: 'No other recipe shown is at least as good in cost and in top-1 and better in one. Cheapest first.',
      table: front,
    },
    {
      title: 'Published beside measured',
      about: 'Changes of top-1 that others report for this model and technique, beside those measured here.',
      table: published,
    },
    { title: 'In other runtimes', about: agreementAbout, table: agreementTable(trials) },
    ...layered.map(({ trial, report }) => ({
      title: `Layers, ${trial.recipe}`,
      about: `Before and after; errors are of layer outputs on ${formatNumber(report.images)} calibration images, relative to the float network's.`,
      table: layersTable(report),
    })),
    ...(sensitivity
      ? [
          {
            title: 'Sensitivity',
            about: `Each layer compressed alone, on ${formatNumber(sensitivity.images)} calibration images; the most sensitive first. Divergence of the class probabilities from the float network's, in nats; answers that stay the same, in %.`,
            table: sensitivityTable(sensitivity),
          },
        ]
      : []),
  ];
  return {
    model,
    charts,
    sections: sections.filter(({ table }) => table.rows.length > 0),
    trainings: trials.flatMap(trainingsOf),
  };
}

const trainingsOf = ({ recipe, training = [] }: TrialView): Training[] =>
  training.flatMap((record) => {
    const curve = trainingCurve(record);
    const title = `${recipe}: ${record.technique}`;
    return curve ? [{ title, curve, sentence: heldOutSentence(record), facts: trainingFacts(record) }] : [];
  });

const changed = (reading: Reading | undefined): string =>
  reading ? [reading.text, reading.change?.text, reading.change?.interval].filter(Boolean).join(' ') : absent;

function frontTable(
  { run, read }: RunPresentation,
  targets: readonly string[],
  trials: readonly TrialView[],
  charts: readonly Chart[],
): ReportTable {
  const onFront = new Set(
    charts.flatMap(({ points }) => points.filter(({ isOnFront }) => isOnFront).map(({ recipe }) => recipe)),
  );
  const measured = targets.filter((target) => target !== '');
  const first = targets[0] ?? '';
  const sizeOf = (trial: TrialView): number => deploymentOf(trial, runtimeOf(run, first)).sizeBytes ?? Infinity;
  const rows = trials
    .filter(({ recipe }) => onFront.has(recipe))
    .sort((a, b) => sizeOf(a) - sizeOf(b))
    .map((trial) => [
      trial.recipe,
      trial.recipeText || 'the model as it came',
      changed(read('size', trial, first)),
      ...measured.map((target) => {
        const time = read('latency', trial, target);
        return time ? [time.text, time.change?.text, time.change?.interval].filter(Boolean).join(' ') : absent;
      }),
      changed(read('top1', trial, first)),
    ]);
  const heads = ['recipe', 'steps', 'size, MB', ...measured.map((target) => `latency, ms, ${target}`), 'top-1, %'];
  return { heads, rows, numbers: heads.map((_, column) => column).slice(2) };
}

function agreementTable(trials: readonly TrialView[]): ReportTable {
  const rows = trials.flatMap((trial) =>
    agreementReadings(trial).map(({ deployment, precision, agreement, difference, reference, n }) => [
      trial.recipe,
      deployment,
      precision,
      `${agreement} of ${formatNumber(n)}`,
      difference,
      reference,
    ]),
  );
  const heads = ['recipe', 'runtime', 'computes in', 'same answer, %', 'largest difference', 'beside'];
  return { heads, rows, numbers: [3, 4] };
}

function layersTable({ layers }: LayerReport): ReportTable {
  const pair = (before: LayerFacts | undefined, after: LayerFacts | undefined, text: (facts: LayerFacts) => string) =>
    `${before ? text(before) : absent} → ${after ? text(after) : absent}`;
  return {
    heads: ['layer', 'operator', 'channels', 'bytes', 'ms', 'output error, %'],
    rows: layers.map(({ name, before, after, error }) => [
      name,
      (after ?? before)?.op ?? '',
      pair(before, after, ({ outputChannels }) => formatNumber(outputChannels)),
      pair(before, after, ({ bytes }) => formatBytes(bytes)),
      pair(before, after, ({ milliseconds }) => formatMsValue(milliseconds)),
      error === undefined ? '' : formatNumber(100 * error, decimalsFor(100 * error)),
    ]),
    numbers: [2, 3, 4, 5],
  };
}

function sensitivityTable({ layers }: SensitivityReport): ReportTable {
  const labels = layers[0]?.effects.map(({ label }) => label) ?? [];
  const worst = (layer: SensitivityReport['layers'][number]): number =>
    Math.max(...layer.effects.map(({ divergence }) => divergence));
  const heads = [
    'layer',
    'operator',
    'weights',
    ...labels.flatMap((label) => [`divergence, ${label}`, `same, ${label}`]),
  ];
  return {
    heads,
    rows: layers
      .toSorted((a, b) => worst(b) - worst(a))
      .map((layer) => [
        layer.layer,
        layer.op,
        formatNumber(layer.weights),
        ...layer.effects.flatMap(({ divergence, agreement }) => [
          formatNumber(divergence, 4),
          formatNumber(agreement, 1),
        ]),
      ]),
    numbers: heads.map((_, column) => column).slice(2),
  };
}
