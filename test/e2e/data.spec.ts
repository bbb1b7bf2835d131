import { expect, test } from '@playwright/test';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectAccessible } from './actions/accessible';
import { dropPath } from './actions/drop';
import { launchApp, projectFolder } from './actions/launch';
import { look } from './actions/look';
import { pressMenu } from './actions/menu';

const starter = join(projectFolder, 'resources', 'starter');

/** Photographs by class: one class the starter networks know and one under a slightly other name; a damaged file, and a copy. */
async function photographs(folder: string): Promise<string> {
  const pictures = join(starter, 'dataset', 'eval');
  const lines = (await readFile(join(starter, 'dataset', 'eval.txt'), 'utf8')).trim().split('\n');
  const root = join(folder, 'my photographs');
  for (const { name, label, count } of [
    { name: 'star', label: 5, count: 8 },
    { name: 'trianglex', label: 2, count: 5 },
  ]) {
    await mkdir(join(root, name), { recursive: true });
    const files = lines.filter((line) => line.endsWith(` ${label}`)).map((line) => line.split(' ')[0]!);
    for (const file of files.slice(0, count)) await copyFile(join(pictures, file), join(root, name, file));
  }
  const stars = await readdir(join(root, 'star'));
  await copyFile(join(root, 'star', stars[0]!), join(root, 'star', 'copy.jpg'));
  const whole = await readFile(join(root, 'star', stars[1]!));
  await writeFile(join(root, 'star', 'cut.jpg'), whole.subarray(0, whole.length - 40));
  return root;
}

test('a first start offers a tour; photographs that are dropped show what they are; networks can be got', async () => {
  test.setTimeout(240_000);
  const home = await mkdtemp(join(tmpdir(), 'whittle-data-'));
  const launched = await launchApp({ home, width: 1440, height: 900, environment: { WHITTLE_OFFLINE: '1' } });
  const { window, app } = launched;
  try {
    // The tour: offered, taken with the keyboard, not offered again, in the Help menu for ever.
    await expect(window.getByTestId('tour-invitation')).toBeVisible();
    await expectAccessible(window);
    await window.getByTestId('tour-start').press('Enter');
    const tour = window.getByTestId('tour');
    await expect(tour).toContainText('Models and images');
    await expect(window.getByTestId('plan-trials')).toContainText('21');
    await expect(tour.getByRole('heading')).toBeFocused();
    await expectAccessible(window);
    await expect(window.getByTestId('tour-ring')).toBeVisible();
    await look(launched, 'tour');
    for (const title of ['Recipes', 'The plan', 'The matrix']) {
      await window.getByTestId('tour-next').press('Enter');
      await expect(tour.getByRole('heading')).toHaveText(title);
    }
    await expect(window.getByTestId('nav-matrix')).toHaveAttribute('aria-current', 'page');
    // Where nothing has run, there is nothing to point at.
    await expect(tour).toContainText('Nothing has run yet');
    await expect(window.getByTestId('tour-ring')).toBeHidden();
    await expectAccessible(window);
    await window.getByTestId('tour-back').press('Enter');
    await expect(window.getByTestId('nav-sweep')).toHaveAttribute('aria-current', 'page');
    await window.keyboard.press('Escape');
    await expect(tour).toBeHidden();
    await expect(window.getByTestId('tour-invitation')).toBeHidden();
    // What began it is gone: the keyboard is at the view that shows.
    await expect(window.getByTestId('nav-sweep')).toBeFocused();
    await pressMenu(app, 'Help', 'Tour of a Minute');
    await expect(tour).toContainText('Models and images');
    await window.getByTestId('tour-end').click();
    await window.evaluate(() => localStorage.clear());

    // What a network is made of.
    const row = window.getByTestId('model-row').filter({ hasText: 'MobileNetV2' });
    await row.getByRole('button', { name: /is made of/ }).click();
    await expect(window.getByTestId('graph-summary')).toContainText(/Parameters.*MACs.*Conv/s);
    await expectAccessible(window);
    await row.getByRole('button', { name: /is made of/ }).click();

    // One's own photographs by class.
    const folder = await photographs(home);
    await dropPath(window, folder);
    // Of fourteen photographs, two hundred for calibration would leave none to evaluate: the panel says so.
    await expect(window.getByText('has no images for evaluation')).toBeVisible();
    await window.getByTestId('dataset-calibration').fill('2');
    await window.getByTestId('dataset-calibration').press('Tab');
    await expect(window.getByTestId('dataset-facts')).toContainText('class folders (sorted names), 2 classes');
    await expect(window.getByTestId('dataset-copies')).toContainText('1 within a split');
    const match = window.getByTestId('class-match');
    await expect(match).toContainText('By number, 2 of 2 classes are others to');
    await expect(match).toContainText('without a name in the model');
    await window.getByTestId('match-by-name').click();
    await expect(match).toContainText('1 of 2 classes are known to');

    await window.getByTestId('dataset-look').click();
    const preview = window.getByTestId('dataset-preview');
    await expect(preview.locator('img').first()).toBeVisible();
    await expect
      .poll(() =>
        preview
          .locator('img')
          .first()
          .evaluate((image: HTMLImageElement) => image.naturalWidth),
      )
      .toBeGreaterThan(8);
    await expect(window.getByTestId('class-balance')).toContainText(/evaluation images a class, median/);
    await window.getByTestId('dataset-check').click();
    await expect(window.getByTestId('dataset-skipped').last()).toContainText('1 skipped image');
    await window.getByTestId('dataset-look').scrollIntoViewIfNeeded();
    await expectAccessible(window);
    await look(launched, 'dataset-details');

    // Networks of the zoo; this one may fetch nothing.
    await window.getByTestId('get-models').click();
    await expect(window.getByTestId('downloads-off')).toBeVisible();
    await expect(window.getByTestId('fetch-squeezenet1.1-7')).toBeDisabled();
    await expect(window.getByRole('dialog')).toContainText('mobilenetv2-12');
    await expectAccessible(window);
    await look(launched, 'get-models', [1440]);
    await window.keyboard.press('Escape');
    expect(await readdir(home)).not.toContain('squeezenet1.1-7.onnx');
  } finally {
    await launched.close();
  }

  const again = await launchApp({ home });
  try {
    await again.window.evaluate(() => localStorage.clear());
    await again.window.reload();
    await expect(
      again.window.getByTestId('models-empty').or(again.window.getByTestId('model-row').first()),
    ).toBeVisible();
    await expect(again.window.getByTestId('tour-invitation')).toBeHidden();
  } finally {
    await again.close();
    await rm(home, { recursive: true, force: true });
  }
});
