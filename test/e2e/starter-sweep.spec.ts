import { expect, test } from '@playwright/test';
import { execFile } from 'node:child_process';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { formatMegabytes, formatNumber } from '@shared/format';
import { expectAccessible } from './actions/accessible';
import { getRun } from './actions/bridge';
import { readJournal } from './actions/journal';
import { answerSaveDialog, launchApp, projectFolder } from './actions/launch';
import { look } from './actions/look';
import { expectFiguresInPdf } from './actions/read-pdf';

/** Top-1 recomputed from the stored answers of an evaluation. */
function top1Of(result: unknown): number {
  const { topK, labels } = result as { topK: number[][]; labels: number[] };
  return (100 * labels.filter((label, row) => topK[row]![0] === label).length) / labels.length;
}

test('the starter sweep, started from the window, fills the matrix with what the store holds, and exports it', async () => {
  test.setTimeout(600_000);
  const launched = await launchApp({ width: 1400 });
  const { window, app, home } = launched;
  try {
    await window.getByTestId('template-starter').or(window.getByTestId('template-starter-empty')).first().click();
    await expect(window.getByTestId('plan-trials')).toContainText('21');
    await window.getByTestId('start-sweep').click();
    await expect(window.getByTestId('matrix')).toBeVisible();
    await expect(window.getByTestId('run-bar')).toBeVisible();

    const cell = (recipe: string, metric: string): ReturnType<typeof window.getByTestId> =>
      window.getByTestId(`cell-mobilenetv2-starter-${recipe}-${metric}`);
    // It fills while the run goes on: the first row is there long before the last.
    await expect(cell('baseline', 'top1')).toContainText(/\d/, { timeout: 60_000 });
    await expect(window.getByTestId('pause-run')).toBeVisible();
    await expect(window.getByTestId('pause-run')).toBeHidden({ timeout: 480_000 });

    const runId = new URL(window.url().replace('#', '')).pathname.split('/').at(-1)!;
    const view = await getRun(window, runId);
    expect(view.status).toBe('done');
    expect(view.trials).toHaveLength(21);
    const { steps } = readJournal(home);
    for (const trial of view.trials) {
      const evaluation = steps.find((step) => step.key === trial.steps.find(({ kind }) => kind === 'evaluate')?.key);
      const top1 = top1Of(evaluation?.result);
      expect(trial.metrics.top1).toBeCloseTo(top1, 6);
      const shown = (metric: string): ReturnType<typeof window.getByTestId> =>
        window.getByTestId(`cell-${trial.model}-${trial.recipe}-${metric}`);
      await expect(shown('top1')).toContainText(formatNumber(top1, 1));
      const { size } = await stat(trial.artifact!.path);
      expect(trial.metrics.sizeBytes).toBe(size);
      await expect(shown('size')).toContainText(formatMegabytes(size));
      expect(trial.metrics.latency[0]!.ratioInterval[0]).toBeLessThanOrEqual(trial.metrics.latency[0]!.ratio);
    }

    // Compared with another recipe than the baseline, everywhere at once; then back.
    await window.getByLabel('Compared with').selectOption('int8');
    await expect(cell('int8', 'top1')).toContainText('reference');
    await expect(cell('baseline', 'size')).toContainText('×');
    // The foot of the matrix tells of the cell under the mouse, where there is one.
    await window.mouse.move(0, 0);
    await expect(window.getByText('against int8', { exact: true }).last()).toBeVisible();
    const compared = await getRun(window, runId, 'int8');
    const gain = compared.trials.find(({ recipe }) => recipe === 'baseline')!.metrics.top1Delta!;
    const loss = view.trials.find(({ recipe }) => recipe === 'int8')!.metrics.top1Delta!;
    expect(gain).toBeCloseTo(-loss, 9);
    await window.getByLabel('Compared with').selectOption('');
    await expect(cell('baseline', 'top1')).toContainText('baseline');

    // The same sweep again would compute nothing, and says so.
    await window.getByTestId('nav-sweep').click();
    await expect(window.getByTestId('plan-time')).toHaveText('nothing is left to compute');
    await window.getByTestId('nav-matrix').click();

    const csv = join(home, 'exported.csv');
    await answerSaveDialog(app, csv);
    await window.getByTestId('export-csv').click();
    await expect.poll(() => readFile(csv, 'utf8').catch(() => '')).toContain('top1_percent');
    const [header, ...rows] = (await readFile(csv, 'utf8')).trimEnd().split('\r\n');
    // A recipe with several parameters has commas of its own, within quotation marks.
    const fields = (line: string): string[] => line.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/);
    const sizeColumn = fields(header!).indexOf('size_bytes');
    expect(rows).toHaveLength(21);
    expect(rows.map((row) => Number(fields(row)[sizeColumn]))).toEqual(
      view.trials.map((trial) => trial.metrics.sizeBytes),
    );

    const pdf = join(home, 'exported.pdf');
    await answerSaveDialog(app, pdf);
    await window.getByTestId('export-pdf').click();
    await expect
      .poll(() =>
        readFile(pdf, 'latin1')
          .then((text) => text.slice(0, 5))
          .catch(() => ''),
      )
      .toBe('%PDF-');

    // The command line reads the same workspace, beside the window, and prints with the same Electron.
    const printed = join(home, 'printed.pdf');
    const cli = join(projectFolder, 'out', 'main', 'cli.js');
    const words = ['report', runId, '--out', home, '--pdf', printed, '--paper', 'letter'];
    await promisify(execFile)(process.execPath, [cli, ...words]);
    expect((await readFile(printed)).subarray(0, 5).toString()).toBe('%PDF-');

    await expectFiguresInPdf(pdf, view, 'A4');
    await expectFiguresInPdf(printed, view, 'letter');

    // What was trained shows how it went.
    await cell('pruned 50 % + fine-tuned', 'top1').click();
    await window.keyboard.press('Enter');
    await expect(window.getByTestId('trial-training')).toContainText('held out');
    await expectAccessible(window);
    await look(launched, 'trial-trained');
  } finally {
    await launched.close();
  }
});
