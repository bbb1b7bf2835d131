import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ModelInspection } from '@shared/contract';
import type { TrialMetrics } from '@shared/metrics';
import { temporaryFolder } from '../store/temporary-folder';
import { furnish, writeSweep } from './laboratory';
import { sentences, whittle } from './whittle';

interface Results {
  trials: { recipe: string; status: string; notes: string[]; metrics: TrialMetrics }[];
}

it('a sweep makes, answers and times a network that some images leave early, which then is taken for no other step', async () => {
  const folder = await furnish(temporaryFolder());
  writeSweep(folder, {
    targets: 'targets: [{ runtime: ort-cpu, threads: 1 }]\nlatency: brief',
    recipes: 'recipes: { baseline: [], early: [{ exit.early: { views: 1, epochs: 2, macs: 0.85 } }] }',
  });
  const { code, stderr } = await whittle(folder, 'run', 'sweep.yaml', '--out', 'out');
  expect(stderr).not.toContain('failed');
  expect(code).toBe(0);
  const { trials } = JSON.parse(readFileSync(join(folder, 'out', 'results.json'), 'utf8')) as Results;
  const [baseline, early] = trials;
  expect(trials.map(({ status }) => status)).toEqual(['done', 'done']);
  expect(early!.metrics.macs).toBeLessThan(baseline!.metrics.macs!);
  expect(early!.metrics.params).toBeGreaterThan(baseline!.metrics.params!);
  expect(early!.metrics.agreement).toBeDefined();
  const [time] = early!.metrics.latency;
  expect(time!.meanMs).toBeGreaterThan(0);
  expect(time!.leftEarly!.length).toBeGreaterThan(0);
  expect(baseline!.metrics.latency[0]).not.toHaveProperty('meanMs');

  const made = ['small.onnx', '--recipe', 'exit.early{views:1, epochs:2, macs:0.85}', '--data', 'images'];
  expect((await whittle(folder, 'compress', ...made, '-o', 'early.onnx')).code).toBe(0);
  const [file] = readdirSync(join(folder, 'out', 'models')).filter((name) => /early.*\.onnx$/.test(name));
  const inspected = await whittle(folder, 'inspect', join('out', 'models', file!), '--json');
  const facts = JSON.parse(inspected.stdout) as ModelInspection;
  expect(facts.macs).toBe(early!.metrics.macs);
  expect(facts.params).toBe(early!.metrics.params);
  expect(facts.layers.reduce((sum, { params }) => sum + params, 0)).toBe(facts.params);
  expect(facts.operators.If).toBeGreaterThan(0);
  const again = await whittle(folder, 'compress', 'early.onnx', '--recipe', 'fp16', '-o', 'again.onnx');
  expect(again.code).toBe(2);
  expect(sentences(again.stderr).join(' ')).toContain('uses If (a subgraph), which Whittle does not handle.');
});
