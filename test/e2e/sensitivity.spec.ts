import { expect, test } from '@playwright/test';
import { getRun, waitForRun } from './actions/bridge';
import { launchApp } from './actions/launch';
import { look } from './actions/look';

test('layers are measured alone, the worst ticked, and the network run with and without them', async () => {
  test.setTimeout(300_000);
  const launched = await launchApp({ width: 1400 });
  const { window } = launched;
  try {
    await window.getByTestId('nav-sensitivity').click();
    await expect(window.getByTestId('sensitivity-view')).toContainText('Choose a model folder');
    await look(launched, 'sensitivity-empty', [1440]);

    await window.getByTestId('nav-sweep').click();
    await window.getByTestId('template-starter').or(window.getByTestId('template-starter-empty')).first().click();
    await expect(window.getByTestId('plan-trials')).toContainText('21');
    await window.getByTestId('nav-sensitivity').click();
    await window.getByRole('radio', { name: 'Channels' }).click();
    const diagram = window.getByRole('group', { name: 'Channel groups' });
    await expect(diagram).toContainText('coupled by');
    await expect(diagram).toContainText('protected: network output');
    await look(launched, 'sensitivity-channels');
    await diagram.focus();
    await window.keyboard.press('Home');
    await expect(window.getByTestId('channel-lane')).toContainText('network input');
    for (let step = 0; step < 4; step++) await window.keyboard.press('ArrowDown');
    await expect(window.getByTestId('channel-lane')).toContainText('coupled by');
    await expect(window.getByTestId('channel-lane')).toContainText('Made by');
    await look(launched, 'sensitivity-channels-lane');
    await window.keyboard.press('Escape');
    await expect(window.getByTestId('channel-lane')).toContainText('makes channels');
    await window.getByRole('radio', { name: 'Sensitivity' }).click();

    await window.getByRole('radio', { name: 'int8 per tensor' }).click();
    await window.getByTestId('sensitivity-measure').click();
    const rows = window.getByTestId('sensitivity-layers').locator('tbody tr');
    await expect(rows.first()).toBeVisible({ timeout: 120_000 });
    const layers = await rows.count();
    expect(layers).toBeGreaterThan(10);
    // Worst first: the divergence of a row is never smaller than that of the next.
    const divergences = (await rows.locator('td:nth-of-type(5)').allTextContents()).map(Number);
    expect(divergences).toHaveLength(layers);
    expect(divergences).toEqual(divergences.toSorted((a, b) => b - a));
    await look(launched, 'sensitivity-measured');

    const worst = await rows.first().getByRole('rowheader').textContent();
    await rows.first().getByRole('checkbox').click();
    await expect(window.getByTestId('sparing-recipe')).toContainText(worst!);
    await expect(window.getByTestId('sparing-recipe')).toContainText('weights:tensor');
    await look(launched, 'sensitivity-ticked');
    await window.getByTestId('sparing-add').click();
    await expect(window.getByTestId('sparing-said')).toContainText('Added to the sweep');
    await window.getByTestId('sparing-run').click();
    await expect(window.getByTestId('matrix')).toBeVisible();
    const run = new URL(window.url().replace('#', '')).pathname.split('/').at(-1)!;
    const done = await waitForRun(window, run, 120_000);
    expect(done.status).toBe('done');
    const trials = (await getRun(window, run)).trials;
    expect(trials.map(({ recipe }) => recipe)).toEqual([
      'baseline',
      'int8 per tensor',
      'int8 per tensor without 1 layer',
    ]);
    // A layer in float takes more bytes.
    expect(trials[2]!.metrics.sizeBytes).toBeGreaterThan(trials[1]!.metrics.sizeBytes!);

    await window.getByTestId('nav-sensitivity').click();
    await window.getByRole('radio', { name: 'Pruning' }).click();
    await window.getByTestId('sensitivity-measure').click();
    await expect(window.getByTestId('sensitivity-layers')).toContainText('90 %', { timeout: 120_000 });
    await look(launched, 'sensitivity-pruning');
  } finally {
    await launched.close();
  }
});
