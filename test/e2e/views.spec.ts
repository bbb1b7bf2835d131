import { expect, test } from '@playwright/test';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { views } from '@shared/views';
import { encodeModel } from '../../src/main/engine/onnx/save';
import type { ForeignNetwork } from '../fixtures/networks/foreign-network';
import { grayImage } from '../fixtures/networks/gray-image';
import { rectangle } from '../fixtures/networks/rectangle';
import { severalOutputs } from '../fixtures/networks/several-outputs';
import { expectAccessible } from './actions/accessible';
import { answerSaveDialog, launchApp, projectFolder } from './actions/launch';
import { look } from './actions/look';
import { answerOpenDialog, menuLabels, pressMenu } from './actions/menu';

test('the menu leads to every view, each of them usable without a mouse or a screen', async () => {
  test.setTimeout(300_000);
  const launched = await launchApp({ width: 1440, height: 900 });
  const { window, app } = launched;
  try {
    const labels = await menuLabels(app);
    expect(labels.View).toEqual(expect.arrayContaining(views.map((view) => view.title)));
    expect(labels.File).toEqual(
      expect.arrayContaining(['Open Sweep File…', 'Open Results…', 'Export CSV…', 'Export JSON…', 'Export PDF…']),
    );
    expect(labels.Help).toEqual(['Tour of a Minute', 'Keyboard Shortcuts', 'About Whittle']);

    for (const filled of [false, true]) {
      if (filled) {
        await pressMenu(app, 'View', 'Sweep');
        await window.getByTestId('template-starter').first().click();
        await expect(window.getByTestId('plan-trials')).toContainText('21');
      }
      for (const view of views) {
        await pressMenu(app, 'View', view.title);
        await expect(window.getByTestId(`nav-${view.name}`)).toHaveAttribute('aria-current', 'page');
        await expect(window).toHaveTitle(`${view.title} – Whittle`);
        await expectAccessible(window);
      }
    }

    // As small as the window can be, every view is still a press away.
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.setContentSize(760, 520));
    for (const view of views) await expect(window.getByTestId(`nav-${view.name}`)).toBeInViewport({ ratio: 1 });
    await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.setContentSize(1440, 900));

    await app.evaluate(({ dialog }) => {
      const said = ((globalThis as { said?: string[] }).said = [] as string[]);
      dialog.showMessageBox = (...words: unknown[]) => {
        const { message, detail } = words.at(-1) as { message: string; detail: string };
        said.push(message, detail);
        return Promise.resolve({ response: 0, checkboxChecked: false });
      };
    });
    await pressMenu(app, 'Help', 'About Whittle');
    const said = (): Promise<string> => app.evaluate(() => (globalThis as { said?: string[] }).said!.join(' '));
    await expect.poll(said).toMatch(/^Whittle \d+\.\d+.*ONNX Runtime \d.*Apache-2\.0$/s);
  } finally {
    await launched.close();
  }
});

test('numbers stay as typed with what is wrong beside them, and nothing runs with another one', async () => {
  test.setTimeout(240_000);
  const launched = await launchApp({ width: 1440, height: 900 });
  const { window, app, home } = launched;
  try {
    await window.getByTestId('template-starter').first().click();
    await expect(window.getByTestId('plan-trials')).toContainText('21');
    await window.getByTestId('recipe').nth(4).getByTestId('step-0').click();
    const amount = window.getByTestId('param-amount');
    await amount.fill('7');
    await amount.press('Enter');
    await expect(amount).toHaveValue('7');
    await expect(window.getByTestId('number-problem')).toContainText('7 is outside the range: 0 to');
    await expect(window.getByTestId('recipe-problem')).toBeVisible();
    const threads = window.getByLabel('Threads of ort-cpu x1');
    await threads.fill('300');
    await threads.press('Enter');
    await expect(window.getByTestId('target').getByTestId('number-problem')).toContainText('300 is outside the range');
    await expect(window.getByTestId('plan-gaps')).toContainText('Correct the number of threads.');
    await expect(window.getByTestId('start-sweep')).toBeDisabled();
    await expectAccessible(window);
    await look(launched, 'sweep-numbers');
    await window.getByLabel('Threads of').fill('2');
    await expect(window.getByTestId('target').getByTestId('number-problem')).toBeHidden();
    await amount.fill('0.5');
    await amount.press('Enter');
    await expect(window.getByTestId('recipe-problem')).toBeHidden();
    await expect(window.getByTestId('start-sweep')).toBeEnabled({ timeout: 30_000 });

    // Several values of one parameter: a recipe each, and a plan that is honest about the time.
    await window.getByTestId('several-amount').click();
    await expect(amount).toHaveValue('0.5');
    await amount.fill('0.3 to 0.5 step');
    await amount.press('Enter');
    await expect(window.getByTestId('recipe-problem')).toBeVisible();
    await amount.fill('0.3 to 0.5 step 0.1');
    await amount.press('Enter');
    await expect(window.getByTestId('recipe-variants')).toContainText('3 recipes: amount 0.3; amount 0.4; amount 0.5');
    await expect(window.getByTestId('plan-trials')).toHaveText('27');
    await expect(window.getByTestId('plan-time')).toContainText('no estimate yet');
    await expectAccessible(window);
    await look(launched, 'sweep-ranges');

    const saved = join(home, 'night.sweep.yaml');
    await answerSaveDialog(app, saved);
    await window.getByTestId('save-sweep').click();
    await expect(window.getByTestId('sweep-saved')).toContainText(saved);
    const text = await readFile(saved, 'utf8');
    expect(text).toMatch(/^# .*Run it with:\n# {3}whittle run night\.sweep\.yaml --out results\/night\n/);
    expect(text).toContain('{ from: 0.3, to: 0.5, step: 0.1 }');

    await window.getByTestId('templates').click();
    await expect(window.getByTestId('template-overnight')).toBeVisible();
    await look(launched, 'sweep-templates', [1440]);
    await window.getByTestId('template-quick').click();
    await expect(window.getByTestId('undo-note')).toContainText('"Quick look" replaced your sweep');
    await expect(window.getByTestId('plan-trials')).toHaveText('15');
    await answerOpenDialog(app, saved);
    await pressMenu(app, 'File', 'Open Sweep File…');
    await expect(window.getByTestId('plan-trials')).toHaveText('27');

    // A target with what only its runtime takes, and files of another format: saved, and opened as they were.
    const target = window.getByTestId('target').first();
    await target.getByTestId('target-runtime').selectOption('openvino');
    await target.getByTestId('target-options').click();
    await target.getByRole('radio', { name: 'default' }).click();
    await window.getByTestId('deploy-tflite-on').click();
    await window.getByTestId('deploy-tflite-options').click();
    const input = window.getByTestId('deploy-tflite').getByRole('radiogroup', { name: 'Input' });
    await input.getByRole('radio', { name: 'uint8' }).click();
    await expectAccessible(window);
    await look(launched, 'sweep-targets');
    await window.getByTestId('save-sweep').click();
    await expect(window.getByTestId('sweep-saved')).toContainText(saved);
    const targets = 'targets: [ { runtime: openvino, threads: 2, options: { precision: default } } ]';
    expect(await readFile(saved, 'utf8')).toContain(`${targets}\ndeploy: { tflite: { input: uint8 } }\n`);
    await target.getByTestId('target-runtime').selectOption('ort-web');
    await expect(target.getByTestId('target-options')).toBeHidden();
    await expect(target.getByTestId('number-problem')).toContainText('2 is outside the range');
    await target.getByTestId('target-remove').click();
    await expect(window.getByTestId('no-targets')).toBeVisible();
    await window.getByTestId('undo').click();
    await expect(target.getByTestId('target-runtime')).toHaveValue('ort-web');

    // What only a file says is shown and can be left out.
    await writeFile(saved, `${await readFile(saved, 'utf8')}search: { maxDrop: 2, budget: 30 min }\nuntil: "07:00"\n`);
    await pressMenu(app, 'File', 'Open Sweep File…');
    await expect(target.getByTestId('target-summary')).toHaveText('precision: default');
    await expect(window.getByTestId('file-search')).toContainText(
      'This file searches: for the smallest and the fastest',
    );
    await expect(window.getByTestId('file-limits')).toContainText('it ends at 07:00');
    await expectAccessible(window);
    await look(launched, 'sweep-file-says');
    await window.getByTestId('file-search-open').click();
    await expect(window.getByLabel('Most to lose')).toHaveValue('2');
    await expect(window.getByTestId('search-budget')).toHaveValue('30');
    await window.getByRole('button', { name: 'Not now' }).click();
    await window.getByTestId('file-search-drop').click();
    await expect(window.getByTestId('file-search')).toBeHidden();
    await window.getByTestId('undo').click();
    await expect(window.getByTestId('file-search')).toBeVisible();

    // What the chip will make of a recipe, where files for one are written.
    await window.getByTestId('deploy-edgetpu-on').click();
    await expect(window.getByTestId('recipe-estimate').first()).toContainText('computes in floats', {
      timeout: 30_000,
    });
    await expect(
      window
        .getByTestId('recipe-estimate')
        .filter({ hasText: /Estimate for the chip: .* operators on the Edge TPU/ })
        .first(),
    ).toBeVisible();
    await expectAccessible(window);
    await look(launched, 'sweep-chip');
  } finally {
    await launched.close();
  }
});

test('nothing is chosen beforehand for a model without a card of any kind, and a wrong sweep file is forgotten by a right one', async () => {
  const launched = await launchApp({ width: 1440, height: 900 });
  const { window, app, home } = launched;
  try {
    const path = join(home, 'bare.onnx');
    await copyFile(join(projectFolder, 'resources', 'starter', 'models', 'squeezenet-starter.onnx'), path);
    await answerOpenDialog(app, path);
    await window.getByTestId('add-model').click();
    const form = window.getByTestId('preprocess-form');
    await expect(form).toBeVisible();
    await expect(window.getByTestId('model-row')).toContainText('bare');
    await expect(form.getByTestId('preprocess-preset')).toHaveValue('');
    await expect(form.getByTestId('preprocess-save')).toBeDisabled();
    await expect(form.getByTestId('preprocess-try')).toBeDisabled();
    await expect(window.getByTestId('plan-gaps')).toContainText('Say how images are prepared for bare.');
    await expectAccessible(window);
    await look(launched, 'sweep-without-card');
    await form.getByTestId('preprocess-preset').selectOption('unit');
    await form.getByTestId('preprocess-save').click();
    await expect(form).toBeHidden();

    const add = async ({ name, make }: ForeignNetwork): Promise<void> => {
      const file = join(home, `${name}.onnx`);
      await writeFile(file, encodeModel(make()));
      await answerOpenDialog(app, file);
      await window.getByTestId('add-model').click();
      await expect(form).toBeVisible();
    };
    await add(rectangle);
    await expect(form.getByTestId('preprocess-height')).toHaveValue('12');
    await expect(form.getByTestId('preprocess-width')).toHaveValue('48');
    await expect(form).toContainText('The whole image is stretched to this height and width.');
    await expect(form.getByTestId('preprocess-short-side')).toBeHidden();
    await form.getByTestId('preprocess-preset').selectOption('tf');
    await form.getByTestId('preprocess-save').click();
    await expect(form).toBeHidden();

    await add(grayImage);
    await expect(form).toContainText('The images are gray.');
    await expect(form.getByText('Colour order')).toHaveCount(0);
    await form.getByTestId('preprocess-preset').selectOption('custom');
    await form.getByLabel('Mean', { exact: true }).fill('127.5');
    await expectAccessible(window);
    await form.getByTestId('preprocess-save').click();
    await expect(form).toBeHidden();

    await add(severalOutputs);
    await expect(form.getByTestId('preprocess-save')).toBeDisabled();
    await form.getByTestId('preprocess-output').selectOption('scores');
    await form.getByTestId('preprocess-preset').selectOption('tf');
    await look(launched, 'sweep-class-scores');
    await form.getByTestId('preprocess-save').click();
    await expect(form).toBeHidden();

    // The keyboard goes on at the model that took the place.
    await window.getByRole('button', { name: 'Remove bare from the list' }).press('Enter');
    await expect(window.getByTestId('model-row').first().getByRole('checkbox')).toBeFocused();

    const broken = join(home, 'broken.yaml');
    await writeFile(broken, 'models: [');
    await answerOpenDialog(app, broken);
    await pressMenu(app, 'File', 'Open Sweep File…');
    await expect(window.getByTestId('sweep-problem')).toContainText('broken.yaml');
    await answerOpenDialog(app, join(projectFolder, 'resources', 'starter', 'sweep.yaml'));
    await window.getByTestId('open-sweep').click();
    await expect(window.getByTestId('undo-note')).toContainText('Opened');
    await expect(window.getByTestId('sweep-problem')).toHaveCount(0);
  } finally {
    await launched.close();
  }
});
