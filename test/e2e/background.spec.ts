import { expect, test } from '@playwright/test';
import { engineInfo, startSweep, waitForRun } from './actions/bridge';
import { readJournal } from './actions/journal';
import { launchApp } from './actions/launch';

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
