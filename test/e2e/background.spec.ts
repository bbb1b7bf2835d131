import { expect, test } from '@playwright/test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunSummary } from '@shared/run';
import { expectAccessible } from './actions/accessible';
import { ask, engineInfo, startSweep, waitForRun } from './actions/bridge';
import { readJournal } from './actions/journal';
import { launchApp } from './actions/launch';

test('while a run is on, trials are skipped and put first, and a second sweep waits behind it', async () => {
  const launched = await launchApp();
  const { window, app } = launched;
  try {
    const starter = (await engineInfo(window)).starterSweep;
    const recipes = { baseline: [], fp16: starter.recipes.fp16!, int8: starter.recipes.int8! };
    const sweep = { ...starter, models: starter.models.slice(1), recipes, targets: [] };
    const run = await startSweep(window, { ...sweep, name: 'first' });
    expect(await startSweep(window, { ...sweep, name: 'second', models: starter.models.slice(2) })).toMatchObject({
      name: 'second',
      status: 'queued',
    });
    const progressOf = (): Promise<number> =>
      app.evaluate(({ BrowserWindow }) => {
        const shown = BrowserWindow.getAllWindows()[0] as unknown as { toldProgress?: number };
        return shown.toldProgress ?? -1;
      });
    await app.evaluate(({ BrowserWindow }) => {
      const shown = BrowserWindow.getAllWindows()[0]! as Electron.BrowserWindow & { toldProgress?: number };
      shown.setProgressBar = (fraction: number) => void (shown.toldProgress = fraction);
    });
    await window.getByTestId('up-next').click();
    await expect(window.getByTestId('queue')).toContainText('second');
    const rows = window.getByTestId('upcoming').getByRole('listitem');
    await expect(rows.last()).toContainText('fp16');
    const [later, last] = [await rows.nth(-2).innerText(), await rows.last().innerText()];
    await window.getByRole('button', { name: `Skip ${later}` }).click();
    await expect(window.getByTestId('upcoming')).not.toContainText(later);
    await window.getByRole('button', { name: `Run ${last} next` }).click();
    await expect(rows.first()).toHaveText(last);
    await expectAccessible(window);
    await window.keyboard.press('Escape');
    await expect.poll(progressOf).toBeGreaterThanOrEqual(0);

    const view = await waitForRun(window, run.id, 240_000);
    expect(view).toMatchObject({ status: 'done', trialsSkipped: 1, trialsDone: 5 });
    const list = await ask<RunSummary[]>(window, 'runs.list');
    const second = list.find(({ name }) => name === 'second')!;
    expect((await waitForRun(window, second.id, 120_000)).status).toBe('done');
    await expect.poll(progressOf).toBe(-1);
  } finally {
    await launched.close();
  }
});

test('closing the window asks once, can leave the sweep running, and a new window finds it', async () => {
  const launched = await launchApp();
  const { window, app, home } = launched;
  try {
    const starter = (await engineInfo(window)).starterSweep;
    const recipes = { baseline: [], fp16: starter.recipes.fp16!, int8: starter.recipes.int8! };
    const run = await startSweep(window, { ...starter, models: starter.models.slice(2), recipes });
    await expect.poll(() => readJournal(home).steps.length).toBeGreaterThan(0);

    await app.evaluate(({ dialog }) => {
      const asked: string[] = ((globalThis as { asked?: string[] }).asked = []);
      dialog.showMessageBoxSync = (...words: unknown[]) => {
        asked.push((words.at(-1) as { message: string }).message);
        return 0;
      };
    });
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.close());
    await expect.poll(() => app.windows().length).toBe(0);
    expect(await app.evaluate(() => (globalThis as { asked?: string[] }).asked)).toEqual(['A sweep is running.']);

    const before = readJournal(home).steps.length;
    await expect.poll(() => readJournal(home).steps.length, { timeout: 60_000 }).toBeGreaterThan(before);

    const opened = app.waitForEvent('window');
    await app.evaluate(({ app: application }) => void application.emit('second-instance', {}, ['whittle'], '/'));
    const again = await opened;
    await expect(again.getByTestId('run-bar')).toBeVisible();
    expect((await waitForRun(again, run.id, 120_000)).status).toBe('done');
  } finally {
    await launched.close();
  }
});

test('quitting while a search prepares asks as for a sweep; it goes on without the window, or is there at the next start', async () => {
  const home = await mkdtemp(join(tmpdir(), 'whittle-e2e-'));
  try {
    const first = await launchApp({ home });
    try {
      const { window, app } = first;
      const { models, dataset } = (await engineInfo(window)).starterSweep;
      await app.evaluate(({ dialog }) => {
        const asked: string[] = ((globalThis as { asked?: string[] }).asked = []);
        dialog.showMessageBoxSync = (...words: unknown[]) => {
          asked.push((words.at(-1) as { message: string }).message);
          return 0;
        };
      });
      const search = { maxDrop: 100, goal: 'size', budget: '1h', trials: 2 };
      await ask(window, 'search.start', { models: models.slice(1), dataset, targets: [], search });
      await app.evaluate(({ app: application }) => application.quit());
      await expect.poll(() => app.windows().length).toBe(0);
      expect(await app.evaluate(() => (globalThis as { asked?: string[] }).asked)).toEqual(['A search is running.']);

      const opened = app.waitForEvent('window');
      await app.evaluate(({ app: application }) => void application.emit('second-instance', {}, ['whittle'], '/'));
      const again = await opened;
      await expect(again.getByTestId('active-search')).toBeVisible();
      await again.getByTestId('pause-search').click();
      await expect(again.getByTestId('active-search')).toContainText('Paused');
      await expect(again.getByTestId('search-left')).toContainText('of 1 h 00 min');
    } finally {
      await first.close();
    }

    const second = await launchApp({ home });
    try {
      const waiting = second.window.getByTestId('waiting-search');
      await expect(waiting).toContainText('and 1 search behind it wait since Whittle was closed.');
      await expectAccessible(second.window);
      await waiting.getByTestId('go-on-search').click();
      await expect(second.window.getByTestId('active-search')).toBeVisible();
      await expect(waiting).toBeHidden();
    } finally {
      await second.close();
    }
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
