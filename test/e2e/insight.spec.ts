import { expect, test } from '@playwright/test';
import { join } from 'node:path';
import type { SweepFile } from '@shared/sweep-file';
import { expectAccessible } from './actions/accessible';
import { engineInfo, startSweep, waitForRun } from './actions/bridge';
import { launchApp, projectFolder } from './actions/launch';

const folder = process.env.WHITTLE_SCREENSHOTS ?? join(projectFolder, 'test-results', 'screenshots');
const step = (technique: string, params: Record<string, unknown> = {}) => [{ technique, params }];

test('where the points went, image by image; the matrix laid out, remembered and copied; recipes over their parameters', async () => {
  test.setTimeout(300_000);
  const { window, app, close } = await launchApp({ width: 1440, height: 900 });
  const complaints: string[] = [];
  window.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  const picture = async (name: string): Promise<void> => {
    for (const [width, height] of [
      [1440, 900],
      [1024, 700],
    ] as const) {
      await app.evaluate(
        ({ BrowserWindow }, size) => BrowserWindow.getAllWindows()[0]!.setContentSize(size[0], size[1]),
        [width, height] as const,
      );
      await expect.poll(() => window.evaluate(() => globalThis.innerWidth)).toBe(width);
      for (const colorScheme of ['light', 'dark'] as const) {
        await window.emulateMedia({ colorScheme });
        await window.screenshot({
          path: join(folder, `${name}-${width}-${colorScheme}.png`),
          animations: 'disabled',
        });
      }
    }
  };
  const clipboardText = (): Promise<string> => app.evaluate(async ({ clipboard }) => clipboard.readText());
  try {
    const starter = (await engineInfo(window)).starterSweep;
    const sweep: SweepFile = {
      ...starter,
      models: starter.models.slice(0, 1),
      dataset: { ...starter.dataset, eval: 60, calibration: 20 },
      recipes: {
        baseline: [],
        two: step('quantize.weights', { bits: 2 }),
        three: step('quantize.weights', { bits: 3 }),
        masked: step('prune.magnitude', { amount: 0.7 }),
      },
    };
    const run = await startSweep(window, sweep);
    const view = await waitForRun(window, run.id, 200_000);
    expect(view.status).toBe('done');
    const model = view.models[0]!;
    await app.evaluate(({ BrowserWindow }, id) => {
      void BrowserWindow.getAllWindows()[0]!.webContents.executeJavaScript(`location.hash = '#/matrix/${id}'`);
    }, run.id);

    // The panel says what was lost, and the dialog shows it.
    await window.getByTestId(`cell-${model}-masked-top1`).click();
    const summary = window.getByTestId('flip-summary');
    await expect(summary).toContainText(/on 60 labelled images: \d+ lost/);
    await expect(window.getByTestId('trial-latency').locator('circle').first()).toBeVisible();
    await expect(window.getByTestId('trial-explanations')).toContainText('kernels multiply zeros too');
    await summary.scrollIntoViewIfNeeded();
    await picture('insight-panel');
    await window.getByTestId('flips-open').click();
    const dialog = window.getByTestId('flips-dialog');
    const cards = dialog.locator('[data-kind]');
    await expect(cards.first().locator('img')).toBeVisible();
    expect(
      await cards
        .first()
        .locator('img')
        .evaluate((image) => (image as HTMLImageElement).naturalWidth),
    ).toBeGreaterThan(20);
    await picture('insight-flips');
    await expectAccessible(window);
    const all = await cards.count();
    expect(all).toBe(24);
    await dialog.getByRole('button', { name: 'Next page' }).click();
    await expect(dialog.getByRole('status')).toContainText(/^25 to \d+ of \d+$/);
    await dialog.getByTestId('flip-images').focus();
    await window.keyboard.press('PageUp');
    await expect(dialog.getByRole('status')).toContainText(/^1 to 24 of \d+$/);
    await dialog.getByTestId('flip-classes').focus();
    await window.keyboard.press('ArrowDown');
    await expect(dialog.getByRole('option', { selected: true })).not.toContainText('All classes');
    await expect.poll(() => cards.count()).toBeLessThan(all);
    await window.keyboard.press('Home');
    await dialog.getByRole('radio', { name: /^Lost/ }).click();
    await expect(dialog.locator('[data-kind]:not([data-kind="lost"])')).toHaveCount(0);
    await window.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
    await window.keyboard.press('Escape');

    // Pinned by key, laid out the other way, kept under a name.
    const rows = window.locator('tbody tr');
    await window.getByTestId(`cell-${model}-masked-top1`).focus();
    await window.keyboard.press('p');
    await expect(rows.nth(1)).toContainText('masked');
    await window.getByRole('button', { name: /^Layout/ }).click();
    await window.getByPlaceholder('Name of this view').fill('masks first');
    await window.getByTestId('save-view').click();
    await window.getByRole('radio', { name: 'Recipes across' }).click();
    await window.getByRole('button', { name: 'Unpin masked' }).click();
    await expect(rows).toHaveCount(1);
    await picture('insight-layout');
    await expectAccessible(window);
    await window.getByRole('button', { name: 'masks first', exact: true }).click();
    await expect(rows.nth(1)).toContainText('masked');
    await window.keyboard.press('Escape');

    // What is copied says what is shown.
    const shown = await window.getByTestId(`cell-${model}-two-size`).locator('span.value').innerText();
    await window.getByRole('button', { name: 'Copy', exact: true }).click();
    await window.getByTestId('copy-markdown').click();
    await expect.poll(clipboardText).toMatch(/^\| Recipe \| .*Size, MB/);
    expect(await clipboardText()).toContain(`| ${shown.trim()}<br>`);
    await window.getByTestId('copy-latex').click();
    await expect.poll(clipboardText).toContain('\\begin{tabular}');
    await window.getByTestId('copy-csv').click();
    await expect.poll(clipboardText).toMatch(/^Recipe,Steps,/);
    await window.keyboard.press('Escape');
    await window.getByTestId('copy-chart').click();
    await expect(window.getByTestId('copy-chart')).toHaveAccessibleName('Copied');

    // Lines over parameters; a marked range marks rows.
    await window.getByRole('radio', { name: 'Parameters' }).click();
    await expect(window.getByTestId('parallel-family')).toHaveValue('quantize.weights');
    const plot = window.getByTestId('parallel').locator('.plot');
    const box = (await plot.boundingBox())!;
    // The first axis is that of the bits, 2 below and 3 above.
    await window.mouse.move(box.x + 72, box.y + box.height - 8);
    await window.mouse.down();
    await window.mouse.move(box.x + 72, box.y + box.height - 30, { steps: 4 });
    await window.mouse.up();
    await expect(window.locator('tr.brushed')).toHaveCount(1);
    await expect(window.locator('tr.brushed')).toContainText('two');
    await picture('insight-parallel');
    await window.getByTestId('unmark').click();
    await expect(window.locator('tr.brushed')).toHaveCount(0);
    // Both deployments side by side on the images that they answer differently, by keyboard; and the trial by itself.
    const toMatrix = (): Promise<void> =>
      app.evaluate(({ BrowserWindow }, id) => {
        void BrowserWindow.getAllWindows()[0]!.webContents.executeJavaScript(`location.hash = '#/matrix/${id}'`);
      }, run.id);
    await window.getByTestId(`cell-${model}-masked-top1`).click();
    await window.getByTestId('flips-live').click();
    const where = window.getByTestId('live-where');
    const agreement = window.getByTestId('live-agreement');
    await expect(where).toContainText(/^1 of \d+ · .* · label \w+/, { timeout: 60_000 });
    await expect(agreement).toContainText('Agree on 0 of 1 frames');
    await expect(agreement).toContainText('different answers');
    await window.keyboard.press('ArrowRight');
    await expect(where).toContainText(/^2 of/);
    await expect(agreement).toContainText('Agree on 0 of 2 frames');
    await window.getByTestId('live-step').focus();
    await window.keyboard.press('ArrowLeft');
    await expect(where).toContainText(/^1 of/);
    // Away from the button, whose tooltip shows while it has focus.
    await window.getByTestId('live-stage').focus();
    await picture('insight-changed');
    await expectAccessible(window);
    await toMatrix();
    await window.getByTestId(`cell-${model}-masked-top1`).click();
    await window.getByTestId('try-live').click();
    await expect(window.getByTestId('live-first').getByLabel('Model').locator('option:checked')).toHaveText(/baseline/);
    await expect(window.getByTestId('live-second').getByLabel('Beside it').locator('option:checked')).toHaveText(
      /masked/,
    );
    await expect(window.getByTestId('live-start')).toBeEnabled();
    expect(complaints, 'nothing complains in the console').toEqual([]);
  } finally {
    await close();
  }
});
