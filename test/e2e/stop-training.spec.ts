import { expect, test } from '@playwright/test';
import { join } from 'node:path';
import { parseSweep } from '../../src/main/engine/sweep/read-sweep';
import { expectAccessible } from './actions/accessible';
import { getRun, startSweep, waitForRun } from './actions/bridge';
import { launchApp, projectFolder } from './actions/launch';
import { look } from './actions/look';

test('a training is stopped by hand from its trial, which says so, and is trained on', async () => {
  test.setTimeout(300_000);
  const launched = await launchApp({ width: 1440, height: 900 });
  const { window } = launched;
  const starter = join(projectFolder, 'resources', 'starter');
  const sweep = parseSweep(
    [
      'name: stop',
      `models: [${join(starter, 'models', 'resnet-starter.onnx')}]`,
      `dataset: { path: ${join(starter, 'dataset')}, eval: 64, calibration: 64 }`,
      'targets: []',
      'recipes:',
      '  baseline: []',
      '  tuned: [{ prune.magnitude: { amount: 0.7 } }, { finetune: { epochs: 40, batch: 8 } }]',
    ].join('\n'),
    'stop.yaml',
  );
  try {
    const run = await startSweep(window, sweep);
    await window.getByTestId('nav-matrix').click();
    await window.getByTestId('cell-resnet-starter-tuned-top1').click();
    await window.keyboard.press('Enter');
    const panel = window.getByTestId('trial-panel');
    await expect(panel.getByTestId('stop-training')).toBeVisible({ timeout: 60_000 });
    await expect(window.getByTestId('run-bar')).toContainText('held out', { timeout: 60_000 });
    await look(launched, 'trial-stop-training', [1440, 900]);
    await expectAccessible(window);
    await panel.getByTestId('stop-training').click();
    await expect(panel.getByTestId('stop-training')).toBeHidden();
    const stopped = await waitForRun(window, run.id, 60_000);
    expect(stopped.status).toBe('done');
    const record = stopped.trials.find(({ recipe }) => recipe === 'tuned')!.training![0]!;
    expect(record.stopped!.of).toBeGreaterThan(record.steps);
    await expect(panel.getByTestId('trial-stopped')).toContainText(/stopped by hand after [\d.]+ of 40 epochs/);
    await expect(panel).toContainText('done, stopped by hand');
    await look(launched, 'trial-stopped', [1440]);

    await panel.getByTestId('train-on').click();
    await expect.poll(async () => (await getRun(window, run.id)).status, { timeout: 30_000 }).toBe('running');
    const whole = await waitForRun(window, run.id, 240_000);
    const tuned = whole.trials.find(({ recipe }) => recipe === 'tuned')!;
    expect(tuned.training![0]).toMatchObject({ steps: record.stopped!.of });
    expect(tuned.training![0]!.stopped).toBeUndefined();
    expect(tuned.steps.every(({ stopped: isStopped }) => !isStopped)).toBe(true);
    await expect(panel.getByTestId('trial-stopped')).toBeHidden();
  } finally {
    await launched.close();
  }
});
