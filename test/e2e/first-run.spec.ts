import { expect, test } from '@playwright/test';
import type { SweepFile } from '@shared/sweep-file';
import { expectAccessible } from './actions/accessible';
import { engineInfo, getRun, startSweep, waitForRun } from './actions/bridge';
import { launchApp } from './actions/launch';
import { look } from './actions/look';

test('a plan says that it is being made anew, Compare what one run is good for, and the keyboard is never lost', async () => {
  test.setTimeout(400_000);
  const launched = await launchApp({ width: 1440, height: 900 });
  const { window } = launched;
  try {
    await expect(window.getByTestId('sweep-view')).toBeVisible();
    await window.getByTestId('template-starter').or(window.getByTestId('template-starter-empty')).first().click();
    const trials = window.getByTestId('plan-trials');
    const says = window.getByTestId('plan-says');
    await expect(trials).toHaveText('21');
    await expect(says).toHaveAttribute('aria-busy', 'false');

    // From the very frame of a change until its plan is there, the figures of before are marked.
    const marked = await window.evaluate(async () => {
      const find = (id: string) => document.querySelector<HTMLElement>(`[data-testid="${id}"]`)!;
      find('recipe-delete').click();
      await new Promise(requestAnimationFrame);
      return {
        trials: find('plan-trials').textContent,
        busy: find('plan-says').getAttribute('aria-busy'),
        says: find('plan-again').textContent,
        style: getComputedStyle(find('plan')).fontStyle,
      };
    });
    expect(marked).toMatchObject({ trials: '21', busy: 'true' });
    expect(marked.says).toContain('anew');
    expect(marked.style).toBe('italic');
    await expect(trials).toHaveText('18');
    await expect(says).toHaveAttribute('aria-busy', 'false');
    await expect(window.getByTestId('plan-again')).toBeHidden();

    const starter = (await engineInfo(window)).starterSweep;
    const { baseline, fp16, int8 } = starter.recipes;
    const sweep: SweepFile = {
      ...starter,
      models: starter.models.slice(0, 1),
      dataset: { ...starter.dataset, eval: 20, calibration: 20 },
      recipes: { baseline: baseline!, fp16: fp16!, int8: int8! },
    };

    // A run that is cancelled takes its bar away; the keyboard is at the view that shows.
    const long: SweepFile = { ...sweep, latency: 'rigorous' };
    const first = await startSweep(window, long);
    await window.getByTestId('cancel-run').focus();
    await window.keyboard.press('Enter');
    await window.getByTestId('confirm-cancel-run').focus();
    await window.keyboard.press('Enter');
    await expect(window.getByTestId('run-bar')).toBeHidden({ timeout: 60_000 });
    await expect(window.getByTestId('nav-sweep')).toBeFocused();
    expect((await getRun(window, first.id)).status).toBe('cancelled');

    const run = await startSweep(window, sweep);
    expect((await waitForRun(window, run.id, 240_000)).status).toBe('done');

    // A cell opens with Enter, and the keyboard goes into its panel; Escape brings it back to the very cell.
    const [model] = (await getRun(window, run.id)).models;
    await window.getByTestId('nav-matrix').click();
    const cell = window.getByTestId(`cell-${model}-int8-top1`);
    const panel = window.getByTestId('trial-panel');
    await cell.focus();
    await window.keyboard.press('Enter');
    await expect(panel.getByRole('heading', { name: 'int8', exact: true })).toBeFocused();
    await window.keyboard.press('Tab');
    await expect(panel.getByTestId('star-trial')).toBeFocused();
    await window.keyboard.press('Escape');
    await expect(panel).toBeHidden();
    await expect(cell).toBeFocused();
    // The space bar stays, and the panel follows the arrows.
    await window.keyboard.press('Space');
    await expect(panel.getByRole('heading', { name: 'int8', exact: true })).toBeVisible();
    await window.keyboard.press('ArrowUp');
    await expect(window.getByTestId(`cell-${model}-fp16-top1`)).toBeFocused();
    await expect(panel.getByRole('heading', { name: 'fp16', exact: true })).toBeVisible();
    await window.keyboard.press('Escape');
    await expect(panel).toBeHidden();

    // What waits for another run says what can be compared now.
    await window.getByTestId('nav-runs').click();
    await window.locator('tbody tr').filter({ hasText: 'cancelled' }).first().focus();
    await window.keyboard.press('Delete');
    await window.getByTestId('nav-compare').click();
    const itself = window.getByTestId('compare-itself');
    await expect(itself).toContainText('One run so far');
    await expect(window.getByTestId('compared-trials')).toBeHidden();
    await expectAccessible(window);
    await look(launched, 'compare-one-run');
    await window.getByTestId('compare-with-baseline').filter({ hasText: 'int8' }).press('Enter');
    await expect(window.getByTestId('compared-trials')).toContainText('baseline → int8');
    await expect(window.getByTestId('compare-other-recipe')).toBeFocused();

    // Where there is no room for all columns, the name of the trial stays while its figures are scrolled.
    const table = window.getByRole('region', { name: 'Compared trials' });
    await table.evaluate((box) => (box.style.maxWidth = '420px'));
    const left = (): Promise<number> => table.getByRole('rowheader').evaluate((head) => head.getBoundingClientRect().x);
    const before = await left();
    await table.evaluate((box) => box.scrollTo(1e4, 0));
    expect(await table.evaluate((box) => box.scrollLeft)).toBeGreaterThan(0);
    expect(await left()).toBe(before);

    // Two runs stand beside each other by themselves.
    await window.getByTestId('compare-recipe').selectOption({ index: 0 });
    await expect(itself).toBeVisible();
    const second = await startSweep(window, { ...sweep, name: 'second' });
    await waitForRun(window, second.id, 120_000);
    await expect(window.getByTestId('compare-candidate')).toHaveValue(second.id);
    await expect(window.getByTestId('compare-reference')).toHaveValue(run.id);
    await expect(itself).toBeHidden();
  } finally {
    await launched.close();
  }
});
