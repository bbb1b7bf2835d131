import { expect, test } from '@playwright/test';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expectAccessible } from './actions/accessible';
import type { RunSummary } from '@shared/run';
import { ask, engineInfo, getRun } from './actions/bridge';
import { dropPath } from './actions/drop';
import { answerSaveDialog, launchApp, projectFolder } from './actions/launch';
import { look } from './actions/look';
import { answerOpenDialog, pressMenu } from './actions/menu';
import { expectFiguresInPdf } from './actions/read-pdf';

test('any results folder can be shown: from the command line, the menu, a button or a drop, and left again', async () => {
  test.setTimeout(300_000);
  const folder = await mkdtemp(join(tmpdir(), 'whittle-results-'));
  const starter = join(projectFolder, 'resources', 'starter');
  const sweep = join(folder, 'small.yaml');
  await writeFile(
    sweep,
    `name: small\nmodels: [${starter}/models/squeezenet-starter.onnx]\ndataset: { path: ${starter}/dataset, eval: 20, calibration: 10 }\nrecipes: { baseline: [], fp16: [fp16], int8: [quantize.static] }\n`,
  );
  const results = join(folder, 'demo');
  await promisify(execFile)(process.execPath, [
    join(projectFolder, 'out', 'main', 'cli.js'),
    'run',
    sweep,
    '--out',
    results,
  ]);

  const launched = await launchApp({ width: 1440, height: 900, words: [`--open-results=${results}`] });
  const { window, app, home } = launched;
  const banner = window.getByTestId('results-banner');
  try {
    await expect(banner).toContainText(results);
    await expect(window.getByTestId('cell-squeezenet-starter-fp16-top1')).toContainText(/\d/);
    await expect(window).toHaveTitle('Matrix – demo – Whittle');
    expect((await engineInfo(window)).workspace).toBe(results);
    // The settings stay the person's own: the folder's own compressed models are no models to choose from.
    expect((await engineInfo(window)).modelFolder).toBe(join(home, 'models'));
    await expectAccessible(window, ['label-content-name-mismatch']);
    await look(launched, 'results-opened');

    // A run of another folder is put beside it; only a folder that a person chose is looked into.
    await window.getByTestId('nav-compare').click();
    await answerOpenDialog(app, results);
    await window.getByTestId('compare-folder').click();
    await expect(window.getByTestId('compare-leave-folder')).toContainText('demo');
    await expect(window.getByTestId('compare-view')).toContainText('3 trials in both, 3 without a clear difference');
    await window.getByText('All', { exact: true }).click();
    await expect(window.getByTestId('compared-trials')).toContainText('same measurement');
    await expectAccessible(window, ['label-content-name-mismatch']);
    const elsewhere = { folder: starter, reference: 'r', candidate: 'c' };
    await expect(ask(window, 'shell.compareResults', elsewhere)).rejects.toThrow('no such folder was chosen');
    await window.getByTestId('nav-matrix').click();
    // What people send: the report on paper and as a page, the trial as a folder, the run as a file.
    const [{ id: runId }] = await ask<[RunSummary]>(window, 'runs.list');
    const view = await getRun(window, runId);
    const cli = join(projectFolder, 'out', 'main', 'cli.js');
    const [pdf, letter, page, json] = ['a4.pdf', 'letter.pdf', 'page.html', 'run.json'].map((name) =>
      join(folder, name),
    );
    const save = async (format: string, path: string, end: string): Promise<void> => {
      await answerSaveDialog(app, path);
      if (format !== 'pdf') await window.getByTestId('export-more').click();
      await window.getByTestId(`export-${format}`).click();
      await expect.poll(() => readFile(path, 'latin1').catch(() => ''), { timeout: 60_000 }).toContain(end);
    };
    await save('pdf', pdf!, '%%EOF');
    await expectFiguresInPdf(pdf!, view, 'A4');
    const words = ['report', results, '--pdf', letter!, '--paper', 'letter', '--json', json!];
    await promisify(execFile)(process.execPath, [cli, ...words]);
    await expectFiguresInPdf(letter!, view, 'letter');

    // On a screen a press on a head sorts the page, and its policy lets nothing else run.
    await save('html', page!, '</html>');
    const sizes = await app.evaluate(async ({ BrowserWindow }, path) => {
      const shown = new BrowserWindow({ show: false, webPreferences: { sandbox: true } });
      await shown.loadFile(path);
      const pressed = `(() => {
        const head = document.querySelector('.matrix th[data-column="0"]');
        const sizes = () => [...document.querySelectorAll('.matrix tbody tr:not(.baseline) td[data-column="0"]')].map((cell) => Number(cell.dataset.value));
        return [1, 2].map(() => (head.click(), [head.getAttribute('aria-sort'), ...sizes()]));
      })()`;
      const found = (await shown.webContents.executeJavaScript(pressed)) as [string, ...number[]][];
      shown.destroy();
      return found;
    }, page!);
    const megabytes = view.trials
      .filter(({ isBaseline }) => !isBaseline)
      .map(({ metrics }) => metrics.sizeBytes! / 1e6)
      .toSorted((a, b) => a - b);
    expect(sizes).toEqual([
      ['ascending', ...megabytes],
      ['descending', ...megabytes.toReversed()],
    ]);

    await window.getByTestId('cell-squeezenet-starter-fp16-size').click();
    await answerOpenDialog(app, folder);
    await window.getByTestId('hand-over').click();
    const given = join(folder, 'squeezenet-starter-fp16');
    await expect(window.getByText(`Made ${given}, and a zip of it`)).toBeVisible();
    const fp16 = view.trials.find(({ recipe }) => recipe === 'fp16')!;
    expect((await stat(join(given, 'squeezenet-starter-fp16.onnx'))).size).toBe(fp16.metrics.sizeBytes);
    expect((await stat(`${given}.zip`)).size).toBeGreaterThan(0);
    await look(launched, 'handed-over');

    await dropPath(window, json!);
    await expect(banner).toContainText('not changed');
    await expect(window.getByTestId('cell-squeezenet-starter-fp16-top1')).toContainText(/\d/);
    expect(await getRun(window, runId)).toEqual(view);
    await window.getByTestId('results-close').click();
    await expect(banner).toBeHidden();
    await answerOpenDialog(app, json!);
    await pressMenu(app, 'File', 'Open JSON Report…');
    await expect(banner).toContainText(json!);

    await window.getByTestId('results-close').click();
    await expect(banner).toBeHidden();
    await expect(window.getByText('No run yet')).toBeVisible();
    expect((await engineInfo(window)).workspace).toBe(home);

    await answerOpenDialog(app, results);
    await pressMenu(app, 'File', 'Open Results…');
    await expect(banner).toContainText(results);
    await pressMenu(app, 'File', 'Back to My Results');
    await expect(banner).toBeHidden();

    await dropPath(window, results);
    await expect(banner).toContainText(results);
    await window.getByTestId('results-close').click();
    await expect(banner).toBeHidden();

    // A folder without results takes nothing away: dropped, it is one of images; chosen as one of results, it says so.
    const images = join(starter, 'dataset');
    await dropPath(window, images);
    await expect(window.getByTestId('dataset-path')).toHaveValue(images);
    expect((await engineInfo(window)).workspace).toBe(home);
    await answerOpenDialog(app, starter);
    await window.getByTestId('open-results').click();
    await expect(window.getByTestId('results-problem')).toContainText('There are no results in');
    await answerOpenDialog(app, results);
    await window.getByTestId('open-results').click();
    await expect(window.getByTestId('cell-squeezenet-starter-fp16-top1')).toContainText(/\d/);
    await expect(window.getByTestId('results-problem')).toBeHidden();

    // What was opened once is listed among the runs.
    await window.getByTestId('results-close').click();
    await window.getByTestId('nav-runs').click();
    await window.getByTestId('recent-results').selectOption(results);
    await expect(banner).toContainText(results);

    // Started again with another folder in mind, the one window shows that.
    await ask(window, 'shell.closeResults');
    await app.evaluate(
      ({ app: application }, word) => void application.emit('second-instance', {}, ['whittle', word], '/'),
      `--open-results=${results}`,
    );
    await expect(banner).toContainText(results);

    // What cannot be opened leaves the person's own results.
    const damaged = join(folder, 'damaged');
    await promisify(execFile)('mkdir', [damaged]);
    await writeFile(join(damaged, 'whittle.db'), 'not a database, but long enough to look like a file of one');
    await dropPath(window, damaged);
    await expect(window.getByTestId('sweep-problem')).toContainText('whittle.db');
    await expect(banner).toBeHidden();
    await expect.poll(async () => (await engineInfo(window)).workspace).toBe(home);
  } finally {
    await launched.close();
    await rm(folder, { recursive: true, force: true });
  }
});
