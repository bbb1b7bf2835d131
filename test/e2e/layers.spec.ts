import { expect, test } from '@playwright/test';
import { join } from 'node:path';
import type { SweepFile } from '@shared/sweep-file';
import { engineInfo, startSweep, waitForRun } from './actions/bridge';
import { launchApp, projectFolder } from './actions/launch';

const folder = process.env.WHITTLE_SCREENSHOTS ?? join(projectFolder, 'test-results', 'screenshots');

test('a trial is compared with its network layer by layer, sorted by keyboard, and kept for the next look', async () => {
  test.setTimeout(240_000);
  const { window, app, close } = await launchApp({ width: 1400 });
  const picture = async (name: string): Promise<void> => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await window.emulateMedia({ colorScheme });
      await window.screenshot({ path: join(folder, `${name}-${colorScheme}.png`), animations: 'disabled' });
    }
  };
  try {
    const starter = (await engineInfo(window)).starterSweep;
    const sweep: SweepFile = {
      ...starter,
      models: starter.models.slice(0, 1),
      dataset: { ...starter.dataset, eval: 40, calibration: 20 },
      recipes: { baseline: [], slim: ['prune.magnitude', 'quantize.static'] } as unknown as SweepFile['recipes'],
    };
    const run = await startSweep(window, sweep);
    const view = await waitForRun(window, run.id, 120_000);
    expect(view.status).toBe('done');
    await app.evaluate(({ BrowserWindow }, id) => {
      void BrowserWindow.getAllWindows()[0]!.webContents.executeJavaScript(`location.hash = '#/matrix/${id}'`);
    }, run.id);
    await window.getByTestId(`cell-${view.models[0]}-slim-top1`).click();
    await window.keyboard.press('Enter');
    await window.getByTestId('layers-load').click();
    const table = window.getByTestId('layers-table');
    await expect(table.first()).toBeVisible({ timeout: 90_000 });
    await table.first().scrollIntoViewIfNeeded();
    await picture('layers-panel');

    await window.getByTestId('layers-wide').click();
    const wide = window.getByRole('dialog').getByTestId('layers-table');
    await expect(wide.getByRole('row').nth(1)).toContainText('→');
    const names = (): Promise<string[]> => wide.locator('tbody th').allInnerTexts();
    const inOrder = await names();
    await picture('layers-wide');
    const byError = window.getByRole('dialog').getByTestId('layers-sort-error');
    await byError.focus();
    await window.keyboard.press('Enter');
    await expect(wide.locator('th[aria-sort="descending"]')).toContainText('Error');
    expect(await names()).not.toEqual(inOrder);
    await window.keyboard.press('Enter');
    await window.keyboard.press('Enter');
    expect(await names()).toEqual(inOrder);
    await window.keyboard.press('Escape');
    await expect(wide).toBeHidden();

    // Computed once: the next look is answered from the journal, without progress.
    await window.getByTestId(`cell-${view.models[0]}-baseline-top1`).click();
    await window.getByTestId(`cell-${view.models[0]}-slim-top1`).click();
    await window.getByTestId('layers-load').click();
    await expect(table).toBeVisible({ timeout: 2_000 });
  } finally {
    await close();
  }
});
