import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it, onTestFinished } from 'vitest';
import { recipeSchema } from '@shared/recipe';
import { sweepFileSchema } from '@shared/sweep-file';
import { createEngine } from '../../../src/main/engine/create-engine';
import { handlersOf } from '../../../src/main/engine/handlers';
import type { Predictions } from '../../../src/main/engine/measure/accuracy/accuracy';
import { furnish } from '../cli/laboratory';
import { temporaryFolder } from '../store/temporary-folder';

async function finishedRun() {
  const folder = await furnish(temporaryFolder());
  const engine = await createEngine({ workspace: join(folder, 'home') });
  onTestFinished(() => engine.close());
  const sweep = sweepFileSchema.parse({
    name: 'flips',
    models: [join(folder, 'small.onnx')],
    dataset: { path: join(folder, 'images'), eval: 12, calibration: 6 },
    targets: [],
    recipes: {
      baseline: [],
      // Two bits are few enough to change answers.
      rough: recipeSchema.parse([{ 'quantize.weights': { bits: 2 } }]),
      half: recipeSchema.parse(['fp16']),
    },
  });
  const { id, finished } = engine.runs.start(await engine.prepare(sweep));
  expect(await finished).toBe('done');
  const view = engine.runs.view(id);
  const predictionsOf = (recipe: string): Predictions => {
    const steps = view.trials.find((trial) => trial.recipe === recipe)!.steps;
    const key = steps.find(({ kind }) => kind === 'evaluate')!.key;
    return engine.workspace.steps.find(key)!.result as Predictions;
  };
  return { folder, run: id, view, predictionsOf, ask: handlersOf(engine), workspace: engine.workspace };
}

describe('the flips of a trial', () => {
  it('come from the stored answers, against the baseline or another recipe, with pictures of evaluated images alone', async () => {
    const { folder, run, view, predictionsOf, ask, workspace } = await finishedRun();
    const [baseline, rough] = [predictionsOf('baseline'), predictionsOf('rough')];
    for (const scores of rough.scores!) {
      expect(scores).toEqual(scores.toSorted((a, b) => b - a));
      expect(scores.reduce((sum, score) => sum + score, 0)).toBeCloseTo(1, 2);
    }

    const report = await ask['trials.flips']({ run, trial: 'small/rough' });
    const differs = baseline.hashes.filter((_, row) => baseline.topK[row]![0] !== rough.topK[row]![0]);
    expect(differs.length).toBeGreaterThan(0);
    expect(report.flips.map(({ hash }) => hash).toSorted()).toEqual(differs.toSorted());
    expect(report).toMatchObject({ reference: 'baseline', runtime: 'ort-cpu', images: 12, labelled: 12 });
    const { top1, top1Delta } = view.trials.find(({ recipe }) => recipe === 'rough')!.metrics;
    expect(report.top1After).toBeCloseTo(top1!, 9);
    expect(report.top1After! - report.top1Before!).toBeCloseTo(top1Delta!, 9);

    const turned = await ask['trials.flips']({ run, trial: 'small/baseline', against: 'rough' });
    expect(turned.reference).toBe('rough');
    const count = (flips: typeof report.flips, wanted: string) => flips.filter(({ kind }) => kind === wanted).length;
    expect(count(turned.flips, 'gained')).toBe(count(report.flips, 'lost'));

    const other = workspace.runs.find(run)!.manifest;
    expect(other.dataset.calibration).toBe(6);
    const wanted = [report.flips[0]!.hash, '0'.repeat(64)];
    const [picture, stranger] = await ask['trials.thumbnails']({ run, trial: 'small/rough', hashes: wanted });
    const bytes = Buffer.from(picture!.dataUrl!.replace('data:image/jpeg;base64,', ''), 'base64');
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'jpeg', width: 40, height: 40 });
    expect(stranger).toEqual({ hash: wanted[1], problem: expect.stringContaining('is not in') as string });

    // Bytes that are others now are not decoded.
    const file = join(folder, 'images', 'val');
    const names = Array.from({ length: 20 }, (_, index) => `image-${String(index).padStart(3, '0')}.jpg`);
    for (const name of names)
      writeFileSync(join(file, name), Buffer.concat([readFileSync(join(file, name)), Buffer.from('x')]));
    const [changed] = await ask['trials.thumbnails']({ run, trial: 'small/rough', hashes: wanted.slice(0, 1) });
    expect(changed!.problem).toContain('the file changed after the dataset was opened');

    // Answers are kept, whatever becomes of the images.
    renameSync(join(folder, 'images'), join(folder, 'elsewhere'));
    expect(await ask['trials.flips']({ run, trial: 'small/rough' })).toEqual(report);
    const [gone] = await ask['trials.thumbnails']({ run, trial: 'small/rough', hashes: wanted.slice(0, 1) });
    expect(gone!.problem).toContain('the file is gone');

    await expect(ask['trials.flips']({ run, trial: 'small/unheard' })).rejects.toMatchObject({
      code: 'trial.not-found',
    });
    await expect(ask['trials.flips']({ run, trial: 'small/rough', against: 'x' })).rejects.toMatchObject({
      code: 'run.no-recipe',
    });
    workspace.steps.forget(view.trials[1]!.steps.find(({ kind }) => kind === 'evaluate')!.key);
    await expect(ask['trials.flips']({ run, trial: 'small/rough' })).rejects.toMatchObject({
      code: 'trial.not-evaluated',
    });
  });
});
