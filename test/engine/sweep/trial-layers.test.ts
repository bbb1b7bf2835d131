import { describe, expect, it, onTestFinished } from 'vitest';
import { recipeSchema } from '@shared/recipe';
import { sweepFileSchema } from '@shared/sweep-file';
import { createEngine, type Engine } from '../../../src/main/engine/create-engine';
import { handlersOf } from '../../../src/main/engine/handlers';
import { starterSweep } from '../../../src/main/engine/starter';
import { temporaryFolder } from '../store/temporary-folder';

async function finishedRun(): Promise<{ engine: Engine; run: string; trial: (recipe: string) => string }> {
  const engine = await createEngine({ workspace: temporaryFolder() });
  onTestFinished(() => engine.close());
  const starter = starterSweep();
  const sweep = sweepFileSchema.parse({
    ...starter,
    models: starter.models.slice(0, 1),
    dataset: { ...starter.dataset, eval: 8, calibration: 8 },
    targets: [],
    recipes: { baseline: [], pruned: recipeSchema.parse(['prune.magnitude']) },
  });
  const prepared = await engine.prepare(sweep);
  const { id, finished } = engine.runs.start(prepared);
  expect(await finished).toBe('done');
  return { engine, run: id, trial: (recipe) => `${[...prepared.models.keys()][0]}/${recipe}` };
}

describe('the layers of a trial', () => {
  it('are measured in a worker when first asked for, and answered from the journal after that', async () => {
    const { engine, run, trial } = await finishedRun();
    const ask = handlersOf(engine)['trials.layers'];
    const stages: string[] = [];
    const context = (signal = new AbortController().signal) => ({
      signal,
      progress: ({ stage }: { stage: string }) => void stages.push(stage),
    });

    const abort = new AbortController();
    const cancelled = ask({ run, trial: trial('pruned') }, context(abort.signal));
    abort.abort();
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });

    const report = await ask({ run, trial: trial('pruned') }, context());
    expect(stages).toContain('timing layers');
    expect(report.images).toBe(8);
    expect(report.layers.length).toBeGreaterThan(5);
    const weights = report.layers.filter((layer) => layer.after!.sparsity > layer.before!.sparsity + 0.1);
    expect(weights.length).toBeGreaterThan(2);
    for (const { name, before, after, error } of report.layers) {
      expect(after, name).toMatchObject({ macs: before!.macs, outputChannels: before!.outputChannels });
      expect(after!.milliseconds, name).toBeGreaterThan(0);
      expect(error, name).toBeGreaterThanOrEqual(0);
    }

    stages.length = 0;
    expect(await ask({ run, trial: trial('pruned') }, context())).toEqual(report);
    expect(stages).toEqual([]);
    await expect(ask({ run, trial: trial('unheard') }, context())).rejects.toMatchObject({ code: 'trial.not-found' });
    await expect(ask({ run: 'unheard', trial: trial('pruned') }, context())).rejects.toMatchObject({
      code: 'run.not-found',
    });
  });
});
