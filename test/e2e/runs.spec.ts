import { expect, test } from '@playwright/test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunSummary } from '@shared/run';
import { storeRuns } from '../fixtures/stored-runs';
import { expectAccessible } from './actions/accessible';
import { ask } from './actions/bridge';
import { launchApp } from './actions/launch';
import { look } from './actions/look';

test('runs are found, marked, deleted and brought back; settings hold and are undone; everything is called by its name', async () => {
  test.setTimeout(240_000);
  const home = await mkdtemp(join(tmpdir(), 'whittle-runs-'));
  storeRuns(home, [
    { id: '20260101-203000-aaaa', name: 'first look', status: 'cancelled' },
    { id: '20260102-203000-bbbb', name: 'night of three networks', status: 'done', tags: ['paper'] },
    { id: '20260103-203000-cccc', name: 'pruning study', status: 'failed' },
    { id: '20260104-203000-dddd', name: 'pruning study again', status: 'done' },
  ]);
  const launched = await launchApp({ home, width: 1440, height: 900 });
  const { window } = launched;
  const rows = window.getByTestId('runs').locator('tbody tr');
  const listed = (): Promise<RunSummary[]> => ask(window, 'runs.list');
  try {
    await window.getByTestId('nav-runs').click();
    await expect(rows).toHaveCount(4);
    await expect(rows.first()).toContainText('pruning study again');
    await expectAccessible(window);

    // By keyboard alone: search, choose, star, delete, undo.
    await window.keyboard.press('/');
    await window.keyboard.type('pruning failed');
    await expect(rows).toHaveCount(1);
    await window.keyboard.press('Enter');
    await expect(rows.first()).toBeFocused();
    await expect(window.getByTestId('run-details')).toContainText('pruning study');
    await window.keyboard.press('s');
    await expect.poll(async () => (await listed()).filter(({ starred }) => starred).length).toBe(1);
    await window.getByTestId('search-runs').fill('');
    await rows.nth(1).click();
    await window.keyboard.press('Delete');
    await expect(rows).toHaveCount(3);
    expect(await listed()).toHaveLength(3);
    await expectAccessible(window);
    await look(launched, 'runs-deleted', [1440]);
    await window.getByTestId('undo').click();
    await expect(rows).toHaveCount(4);

    const details = window.getByTestId('run-details');
    await details.getByTestId('run-name').fill('pruning, kept');
    await details.getByTestId('run-name').press('Enter');
    await expect(rows.nth(1)).toContainText('pruning, kept');
    await details.getByTestId('run-tags').fill('paper, final');
    await details.getByTestId('run-tags').press('Enter');
    await details.getByTestId('run-note').fill('The one with the new images.');
    await details.getByTestId('run-note').blur();
    await expect
      .poll(async () => (await listed()).find(({ name }) => name === 'pruning, kept'))
      .toMatchObject({ tags: ['paper', 'final'], note: 'The one with the new images.' });
    await look(launched, 'runs', [1440, 1024]);
    await details.getByTestId('edit-again').click();
    await expect(window.getByTestId('undo-note')).toContainText('pruning, kept');
    await expect(window.getByTestId('sweep-name')).toHaveValue('pruning study');

    // Settings hold at once and can be taken back.
    await window.getByTestId('nav-settings').click();
    await expect(window.getByTestId('runtime-settings')).toContainText('TensorFlow Lite');
    await expect(window.getByTestId('runtime-ort-cpu')).toContainText('Runs .onnx files on CPU');
    await window.getByTestId('runtimes-elsewhere').locator('summary').click();
    await expect(window.getByTestId('runtimes-elsewhere')).toContainText(/it takes (macOS|Windows)/);
    await window.getByTestId('runtime-settings').scrollIntoViewIfNeeded();
    await look(launched, 'settings-runtimes', [1440, 1024]);
    await expectAccessible(window);
    await window.getByTestId('setting-budget-on').click();
    await expect(window.getByTestId('setting-budget')).toHaveValue('20');
    await expect.poll(() => ask(window, 'settings.get')).toMatchObject({ diskBudgetBytes: 20e9 });
    await window.getByTestId('collect-now').click();
    await expect(window.getByText('Everything is within the budget.')).toBeVisible();
    await look(launched, 'settings', [1440, 1024]);
    await window.getByTestId('undo').click();
    await expect.poll(() => ask(window, 'settings.get')).toMatchObject({ diskBudgetBytes: null });
    await window.getByTestId('setting-latency').getByText('Rigorous').click();
    await expect.poll(() => ask(window, 'settings.get')).toMatchObject({ latency: 'rigorous' });

    // The palette leads everywhere, by keyboard alone.
    await window.keyboard.press('Control+k');
    await expect(window.getByTestId('palette')).toBeVisible();
    await expectAccessible(window);
    await look(launched, 'palette', [1440]);
    await window.keyboard.type('night net');
    await expect(window.getByTestId('palette').getByRole('option').first()).toContainText('night of three networks');
    await window.keyboard.press('Enter');
    await expect(window.getByTestId('palette')).toBeHidden();
    await expect(window.getByTestId('matrix')).toBeVisible();
    await window.keyboard.press('Control+k');
    await window.keyboard.type('density compact');
    await window.keyboard.press('Enter');
    await expect(window.locator('html')).toHaveAttribute('data-density', 'compact');
    await window.keyboard.press('Control+k');
    await window.keyboard.type('dark');
    await window.keyboard.press('Enter');
    await expect.poll(() => ask(window, 'shell.theme')).toBe('dark');

    // A star on a trial stays with it.
    await window.getByTestId('cell-mobilenetv2-int8-top1').click();
    await window.getByTestId('star-trial').click();
    await expect.poll(async () => (await listed())[2]!.trialsStarred).toBe(1);
    await expect(window.getByTestId('cell-mobilenetv2-int8-size')).toHaveAttribute('aria-description', /^Starred\. /);

    await window.keyboard.press('?');
    await expect(window.getByTestId('shortcuts')).toBeVisible();
    await expectAccessible(window);
    await look(launched, 'shortcuts', [1440]);
  } finally {
    await launched.close();
    await rm(home, { recursive: true, force: true });
  }
});
