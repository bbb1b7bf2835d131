import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { LayerReport } from '@shared/layers';
import { temporaryFolder } from '../store/temporary-folder';
import { furnish } from './laboratory';
import { whittle } from './whittle';

it('whittle inspect MODEL --vs ORIGINAL compares layer by layer, as text and as JSON', async () => {
  const folder = await furnish(temporaryFolder());
  const [model, slim, images] = ['small.onnx', 'slim.onnx', 'images'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const made = await whittle(folder, 'compress', model, '--recipe', 'prune.magnitude{amount:0.5}', '-o', slim);
  expect(made.code, made.stderr).toBe(0);

  const json = await whittle(folder, 'inspect', slim, '--vs', model, '--data', images, '--calibration', '6', '--json');
  expect(json.code, json.stderr).toBe(0);
  const report = JSON.parse(json.stdout) as LayerReport;
  expect(report.layers.map(({ name }) => name)).toEqual(['first', 'second', 'logits']);
  expect(report.images).toBe(6);
  expect(report.layers[1]!.after!.sparsity).toBeGreaterThan(0.3);
  expect(report.layers[1]!.error).toBeGreaterThan(0);

  const text = await whittle(folder, 'inspect', slim, '--vs', model);
  expect(text.code, text.stderr).toBe(0);
  const lines = text.stdout.split('\n');
  expect(lines[0]).toMatch(/^layer +operator +channels +MACs/);
  expect(lines[3]).toMatch(/^second +Conv +8×8 .* → /);
  expect(text.stdout).toContain('--data DIR');
});
