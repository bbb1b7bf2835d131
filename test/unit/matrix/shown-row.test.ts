import { describe, expect, it } from 'vitest';
import { metricIds, type MetricId } from '@shared/presenter/metrics';
import { presentRun } from '@shared/presenter/reading';
import { matrixRows } from '@shared/presenter/rows';
import type { RunView } from '@shared/run';
import { changeText, columnWidth, widthOf } from '../../../src/renderer/matrix/column-width';
import { keepUnchanged } from '../../../src/renderer/matrix/keep-unchanged';
import { mergeTrials } from '../../../src/renderer/matrix/merge-trial';
import { recipeLabels } from '../../../src/renderer/matrix/recipe-label';
import { shownRow, type ShownRow } from '../../../src/renderer/matrix/shown-row';
import { largeRun, largeTargets } from '../report/large-run';

const run = largeRun();
function rowsOf(view: RunView, metrics: readonly MetricId[]): ShownRow[] {
  const rows = matrixRows(view);
  const labels = recipeLabels(rows.map(({ recipeText }) => recipeText));
  return rows.map((row) =>
    shownRow(row, labels, presentRun(view), { models: view.models, metrics, target: largeTargets[1]! }),
  );
}

describe('columns', () => {
  it.each(metricIds)('of %s hold everything that a large run shows in them', (metric) => {
    const small = 11 / 13;
    for (const { groups } of rowsOf(run, [metric])) {
      for (const { cells } of groups) {
        const { reading, label } = cells[0]!;
        const lines = reading
          ? [widthOf(reading.text) + widthOf(` ${reading.spread ?? ''}`) * small, widthOf(reading.basis) * small]
          : [widthOf(`✱ ${label}`) * small];
        if (reading?.change) lines[1] = widthOf(changeText(reading.change)) * small;
        expect(Math.max(...lines), reading?.text ?? label).toBeLessThanOrEqual(columnWidth(metric));
      }
    }
  });
});

describe('rows', () => {
  it('an announced trial changes its own row alone', () => {
    const before = rowsOf(run, ['size', 'latency', 'top1']);
    const announced = { ...run.trials[25]!, status: 'running' as const, metrics: { latency: [] } };
    const same = { ...run.trials[40]! };
    const after = keepUnchanged(rowsOf(mergeTrials(run, [announced, same]), ['size', 'latency', 'top1']), before);
    const changed = after.filter((row, at) => !row.groups.every((group, g) => group === before[at]!.groups[g]));
    // One trial fewer is compared: sentences that tell their number change, and only those.
    const toldNumber = before.filter(({ groups }) => JSON.stringify(groups).includes('not clear among'));
    expect(changed.map(({ recipe }) => recipe)).toContain(announced.recipe);
    expect(changed.length).toBeLessThanOrEqual(toldNumber.length + 1);
    const quiet = keepUnchanged(rowsOf(mergeTrials(run, [same]), ['size', 'latency', 'top1']), before);
    expect(quiet).toBe(before);
  });
});
