import { expect, test, type Locator } from '@playwright/test';
import { largeRun } from '../unit/report/large-run';
import { expectAccessible } from './actions/accessible';
import { launchApp } from './actions/launch';
import { look } from './actions/look';
import { announceTrial, rememberedView, showSyntheticRun } from './actions/synthetic-run';

const run = largeRun();
const boxOf = async (locator: Locator): Promise<{ x: number; y: number; width: number; height: number }> =>
  (await locator.boundingBox())!;

test('210 trials in a small window: nothing is cut off, names stay in view, panes move and are remembered', async () => {
  const launched = await launchApp({ width: 1024, height: 700 });
  const { window, app } = launched;
  try {
    await showSyntheticRun(app, window, run);
    await expect
      .poll(() => window.evaluate(() => [globalThis.innerWidth, globalThis.innerHeight]))
      .toEqual([1024, 700]);
    const matrix = window.getByTestId('matrix');
    const pane = window.locator('.panes > .table');
    await expect.poll(async () => (await boxOf(pane)).height).toBeGreaterThanOrEqual(350);
    for (const control of await window.locator('.main :is(button, select, input):visible').all()) {
      const { x, width } = await boxOf(control);
      expect(x + width, (await control.textContent()) ?? '').toBeLessThanOrEqual(1024);
    }

    // A cell is named by what it shows; the whole sentence describes it.
    const cell = window.getByTestId('cell-mobilenetv2-quantize.weights-5-size');
    await expect(cell).toHaveAttribute('aria-description', /^Size 5\.01 MB \(exact\)/);
    await expect(cell).not.toHaveAttribute('aria-label');
    await expect(window.getByRole('rowheader', { name: 'quantize.weights-5' })).toContainText(
      'bits:4 quantize.weights',
    );
    await expect(window.locator('.verdict-control').first()).toHaveCSS('border-top-width', '0px');

    // Scrolled sideways, the name of the first network that is still in view stands beside the recipes.
    await matrix.evaluate((table) => (table.parentElement!.scrollLeft = 500));
    const recipes = await boxOf(window.getByRole('columnheader', { name: 'Recipe' }));
    const name = await boxOf(window.locator('.model .name', { hasText: 'resnet50' }));
    expect(name.x).toBeGreaterThanOrEqual(recipes.x + recipes.width);
    expect(name.x).toBeLessThan(recipes.x + recipes.width + 20);

    // Cells are drawn where they are in view, every row and its name everywhere.
    const first = window.getByTestId('cell-mobilenetv2-fp16-1-size');
    await expect(first).toHaveCount(0);
    await matrix.evaluate((table) => (table.parentElement!.scrollLeft = 0));
    await expect(first).toBeVisible();
    await expect(matrix.locator('tbody th')).toHaveCount(run.recipes.length);
    expect(await matrix.getByRole('gridcell').count()).toBeLessThan(run.trials.length);
    await expect(matrix).toHaveAttribute('aria-colcount', '31');

    const line = window.getByTestId('recipe-splitter');
    await line.focus();
    await window.keyboard.press('ArrowRight');
    await expect(line).toHaveAttribute('aria-valuenow', '236');
    const at = await boxOf(line);
    await window.mouse.move(at.x + 4, at.y + 100);
    await window.mouse.down();
    await window.mouse.move(at.x + 104, at.y + 100, { steps: 4 });
    await window.mouse.up();
    await expect(line).toHaveAttribute('aria-valuenow', '336');
    await expect.poll(async () => (await rememberedView(app))?.recipeWidth).toBe(336);
    expect((await boxOf(window.getByRole('columnheader', { name: 'Recipe' }))).width).toBeCloseTo(336, 0);
    await line.dblclick();
    await expect(line).toHaveAttribute('aria-valuenow', '220');

    const between = window.getByTestId('chart-splitter');
    await between.focus();
    const heightOf = async (): Promise<number> => (await boxOf(pane)).height;
    // The table's own width has just changed: its height follows.
    await expect.poll(async () => (await heightOf()) - (await window.waitForTimeout(200), await heightOf())).toBe(0);
    const before = await boxOf(pane);
    await window.keyboard.press('ArrowUp');
    await window.keyboard.press('ArrowUp');
    await expect.poll(async () => Math.round((await boxOf(pane)).height - before.height)).toBe(-32);
    await expect.poll(async () => (await rememberedView(app))?.chartShare).toBeGreaterThan(0.3);
    await look(launched, 'matrix-large', [1440, 1024]);

    // A budget folds what is outside, dims what may pass and names the best; it is remembered, and exports follow it.
    const rowCount = (): Promise<number> => matrix.locator('tbody tr').count();
    const all = await rowCount();
    await window.getByTestId('budget-toggle').click();
    const drop = window.getByTestId('budget-drop').getByRole('spinbutton');
    await drop.fill('200');
    await drop.press('Tab');
    await expect(window.getByTestId('budget-bar').getByTestId('number-problem')).toContainText(
      'outside the range: 0 to 100',
    );
    expect(await rowCount()).toBe(all);
    await drop.fill('2');
    await drop.press('Tab');
    const folded = window.getByTestId('folded-rows');
    await expect(folded).toContainText(/^\s*\d+ rows outside the budget folded/);
    expect(await rowCount()).toBeLessThan(all);
    await expect(window.getByTestId('cell-mobilenetv2-fp16-1-size')).not.toHaveClass(/dimmed/);
    await expect(window.getByTestId('cell-mobilenetv2-fp16-1-size')).toHaveAttribute(
      'aria-description',
      /; within the budget$/,
    );
    await expect(window.locator('td.dimmed').first()).toHaveAttribute(
      'aria-description',
      /; may be within the budget: top-1/,
    );
    const slider = window.getByTestId('budget-size').getByRole('slider');
    await slider.focus();
    for (const key of ['Home', 'PageUp', 'PageUp', 'PageUp']) await window.keyboard.press(key);
    await expect(slider).toHaveAttribute('aria-valuetext', /MB$/);
    const best = window.getByTestId('best-mobilenetv2');
    await expect(best).toContainText(/smallest.*MB, top-1 .*\[.*\]/);
    await expect(window.getByTestId('best-pp-lcnet')).toContainText(/none passes.*nearest/);
    await expectAccessible(window);
    await look(launched, 'matrix-budget', [1440, 1024]);
    await best.getByRole('button').first().click();
    await expect(window.getByTestId('trial-panel')).toBeVisible();
    await window.keyboard.press('Escape');
    await folded.click();
    await expect.poll(rowCount).toBe(all);
    await expect.poll(async () => (await rememberedView(app))?.budget).toMatchObject({ maxDropPoints: 2 });
    await window.getByTestId('budget-bar').getByRole('button', { name: 'Clear' }).click();
    await expect(folded).toBeHidden();
    expect(await rowCount()).toBe(all);
    await window.getByTestId('budget-toggle').click();

    const plot = window.locator('.plot');
    const whole = window.getByRole('button', { name: 'Whole chart' });
    // The point under the mouse is named, and a press selects it.
    await expect(whole).toBeHidden();
    const position = await plot.evaluate(async (box) => {
      const root = box.firstElementChild!;
      const { left, top, width, height } = box.getBoundingClientRect();
      for (let y = 30; y < height - 40; y += 8)
        for (let x = 50; x < width - 70; x += 8) {
          root.dispatchEvent(new MouseEvent('mousemove', { clientX: left + x, clientY: top + y, bubbles: true }));
          await new Promise((drawn) => setTimeout(drawn));
          if (getComputedStyle(root).cursor === 'pointer') return { x, y };
        }
      return undefined;
    });
    expect(position).toBeDefined();
    await plot.hover({ position });
    await expect(window.getByTestId('scatter').getByText(/MB · top-1/)).toBeVisible();
    await plot.click({ position });
    await expect(window.getByTestId('trial-panel')).toBeVisible();
    await window.keyboard.press('Escape');
    await expect(window.getByTestId('trial-panel')).toBeHidden();

    // By keyboard the chart zooms around the selected point and follows it; a double click shows the whole again.
    await plot.focus();
    for (const key of ['ArrowRight', '+', '+', '+', 'ArrowRight']) await window.keyboard.press(key);
    await expect(whole).toBeVisible();
    await expect(window.getByTestId('trial-panel')).toBeVisible();
    await window.keyboard.press('Escape');
    await expect(window.getByTestId('trial-panel')).toBeHidden();
    await plot.dblclick({ position: { x: 300, y: 60 } });
    await expect(whole).toBeHidden();
    await plot.hover({ position: { x: 300, y: 60 } });
    await window.mouse.wheel(0, -300);
    await expect(whole).toBeVisible();
    await whole.click();
    await expect(whole).toBeHidden();
  } finally {
    await launched.close();
  }
});

test('columns stand still while values arrive, and a burst of announcements is shown', async () => {
  const launched = await launchApp({ width: 1440, height: 900 });
  const { window, app } = launched;
  try {
    const waiting = {
      ...run,
      status: 'running' as const,
      trials: run.trials.map((trial) => ({ ...trial, status: 'waiting' as const, metrics: { latency: [] } })),
    };
    await showSyntheticRun(app, window, waiting);
    const columns = (): Promise<number[]> =>
      window.locator('.metrics th').evaluateAll((heads) => heads.map((head) => head.getBoundingClientRect().x));
    const empty = await columns();
    expect(empty).toHaveLength(31);
    for (const [done, trial] of run.trials.entries()) await announceTrial(app, run, trial, done);
    // A cell far away is drawn when the focus comes to it and stays while it is scrolled out of view.
    const matrix = window.getByTestId('matrix');
    const last = window.getByTestId('cell-pp-lcnet-quantize.weights-20-top1');
    await matrix.getByRole('rowheader').first().focus();
    await window.keyboard.press('Control+End');
    await expect(last).toBeFocused();
    await expect(last).toBeInViewport();
    await expect(last).toContainText(/\d/);
    await matrix.evaluate((table) => table.parentElement!.scrollTo(0, 0));
    await expect(window.getByTestId('cell-mobilenetv2-baseline-size')).toBeVisible();
    await expect(last).toBeFocused();
    await window.keyboard.press('ArrowUp');
    await expect(window.getByTestId('cell-pp-lcnet-shrink.input-19-top1')).toBeFocused();
    await expect(window.getByTestId('cell-pp-lcnet-shrink.input-19-top1')).toBeInViewport();
    await expect(last).toBeVisible();
    await matrix.evaluate((table) => table.parentElement!.scrollTo(0, 0));
    await expect(window.getByTestId('cell-mobilenetv2-baseline-latency')).toContainText('A/A');
    expect(await columns()).toEqual(empty);
    for (const cell of await window.locator('tbody tr:nth-child(-n+6) td .cell').all()) {
      expect(await cell.evaluate((box) => box.scrollWidth - box.clientWidth)).toBeLessThanOrEqual(0);
    }
  } finally {
    await launched.close();
  }
});
