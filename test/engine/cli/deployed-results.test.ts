import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { modelCardSchema } from '@shared/model-card';
import type { SearchAnswer } from '@shared/search';
import type { TrialView } from '@shared/run';
import { readTflite } from '../../../src/main/engine/formats/tflite/read-model';
import { tfliteLibrary } from '../../../src/main/engine/runtimes/native-libraries';
import { needs } from '../../fixtures/native-library';
import { temporaryFolder } from '../store/temporary-folder';
import { furnish, writeSweep } from './laboratory';
import { whittle } from './whittle';

const tflite = needs(tfliteLibrary);

describe('files that are deployed', { timeout: 600_000 }, () => {
  it('lie among the results of a run, beside the ONNX files that they were made of', async () => {
    const folder = await furnish(temporaryFolder());
    writeSweep(folder, {
      targets: 'targets: []\ndeploy: { tflite: {} }',
      recipes: 'recipes: { baseline: [], int8: [quantize.static: { profile: tflite }] }',
    });
    const { code, stdout, stderr } = await whittle(folder, 'run', 'sweep.yaml', '--out', 'out', '--json');
    expect(code, stderr).toBe(0);
    const models = join(folder, 'out', 'models');
    expect(readdirSync(models).sort()).toEqual(
      ['card.json', 'onnx', 'tflite', 'tflite.card.json'].map((ending) => `small--int8.${ending}`),
    );
    const { trials } = JSON.parse(stdout) as { trials: Pick<TrialView, 'deployed'>[] };
    const [deployed] = trials[1]!.deployed!;
    const bytes = readFileSync(join(models, 'small--int8.tflite'));
    expect(deployed).toMatchObject({ format: 'tflite', sizeBytes: bytes.length });
    expect(readTflite(bytes).graphs).toHaveLength(1);
    const card = modelCardSchema.parse(JSON.parse(readFileSync(join(models, 'small--int8.tflite.card.json'), 'utf8')));
    expect(card).toMatchObject({ file: 'small--int8.tflite', sha256: deployed!.sha256, bytes: bytes.length });
  });

  it('are folders where the format has them so', async () => {
    const folder = await furnish(temporaryFolder());
    writeSweep(folder, {
      targets: 'targets: []\ndeploy: { coreml: {} }',
      recipes: 'recipes: { clusters: [cluster.weights: { clusters: 16, rounding: nearest }] }',
    });
    const { code, stderr } = await whittle(folder, 'run', 'sweep.yaml', '--out', 'out', '--json');
    expect(code, stderr).toBe(0);
    const models = join(folder, 'out', 'models');
    expect(readdirSync(models).sort()).toEqual(
      ['card.json', 'mlpackage', 'mlpackage.card.json', 'onnx'].map((ending) => `small--clusters.${ending}`),
    );
    expect(readdirSync(join(models, 'small--clusters.mlpackage')).sort()).toEqual(['Data', 'Manifest.json']);
  });

  it.skipIf(!tflite.isHere)(`are what a search names, which measured them${tflite.title}`, async () => {
    const folder = await furnish(temporaryFolder());
    const aims = ['--max-drop', '100', '--goal', 'size', '--trials', '2', '--target', 'tflite'];
    // Of one pool for calibration and evaluation.
    const words = ['small.onnx', '--data', 'images', '--limit', '8', ...aims, '--out', 'out', '--json'];
    const { code, stdout, stderr } = await whittle(folder, 'search', ...words);
    expect(code, stderr).toBe(0);
    const { winners, front, images } = JSON.parse(stdout) as SearchAnswer;
    expect(images).toMatchObject({ selection: 4, confirmation: 4 });
    for (const { path, sizeBytes } of [...winners, ...front]) {
      expect(path).toMatch(/\.tflite$/);
      expect(statSync(join(folder, path)).size).toBe(sizeBytes);
    }
  });
});
