import { deploymentOf, runtimeOf } from '@shared/presenter/deployment';
import type { RunPresentation } from '@shared/presenter/reading';
import { shownModels, shownRows, shownTargets, type ReportView } from '@shared/presenter/report-view';
import type { TrialView } from '@shared/run';
import { escapeHtml } from './escape-html';
import { scatterMark, scatterSvg, type ScatterPoint } from './scatter-svg';

/** Size, and the time on every target, against top-1; under them one key of models for all. */
export function charts(presentation: RunPresentation, view: ReportView): string {
  const { run, times } = presentation;
  const models = shownModels(run, view.models);
  const targets = shownTargets(run, view.target);
  const rows = shownRows(presentation, view, targets[0] ?? '');
  const trials = rows.flatMap((row) => models.flatMap((model) => row.trials.get(model) ?? []));
  const points = (target: string, costOf: (trial: TrialView) => number | undefined): ScatterPoint[] =>
    trials.flatMap((trial) => {
      const x = costOf(trial);
      const { top1: y, top1Interval } = deploymentOf(trial, runtimeOf(run, target));
      if (x === undefined || y === undefined) return [];
      const label = `${trial.model}, ${trial.recipe}`;
      return [
        { x, y, low: top1Interval?.[0], high: top1Interval?.[1], label, series: run.models.indexOf(trial.model) },
      ];
    });
  const [first = ''] = targets;
  const sizeOf = (trial: TrialView): number | undefined => {
    const { sizeBytes } = deploymentOf(trial, runtimeOf(run, first));
    return sizeBytes === undefined ? undefined : sizeBytes / 1e6;
  };
  const yLabel = 'top-1, %';
  const figures = [
    scatterSvg(points(first, sizeOf), { title: 'Size and accuracy', xLabel: 'size, MB (logarithmic)', yLabel }),
    ...targets.map((target) =>
      scatterSvg(
        points(target, (trial) => times(trial, target)?.p50Ms),
        { title: `Latency and accuracy, ${target}`, xLabel: 'latency, ms (logarithmic)', yLabel },
      ),
    ),
  ].filter((figure) => figure !== '');
  if (figures.length === 0) return '';
  const key = models.map(
    (model) =>
      `<li><svg viewBox="-5 -5 10 10" aria-hidden="true">${scatterMark(run.models.indexOf(model), 0, 0)}</svg>${escapeHtml(model)}</li>`,
  );
  return `<section class="charts">${figures.join('')}</section><ul class="key models">${key.join('')}</ul>`;
}
