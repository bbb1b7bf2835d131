import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TrialView } from '@shared/run';
import { collect } from '../../../src/main/engine/collection/collect';
import { storageUse } from '../../../src/main/engine/collection/storage-use';
import { RunLock } from '../../../src/main/engine/store/run-lock';
import { openWorkspace } from '../../../src/main/engine/store/workspace';
import { missingFiles } from '../../../src/main/engine/sweep/missing-files';
import type { TrialPlan } from '../../../src/main/engine/sweep/plan';
import { RunManager } from '../../../src/main/engine/sweep/run-manager';
import { prune } from '../../unit/sweep/sweeps';
import { openTemporaryWorkspace, prepare, recipes } from '../sweep/prepared';
import { ScriptedExecutor } from '../sweep/scripted-executor';

/** A finished run of four recipes on files whose content tells how they came to be. */
async function finishedRun() {
  const workspace = openTemporaryWorkspace();
  const executor = new ScriptedExecutor();
  executor.workspace = workspace.folder;
  const runs = new RunManager(workspace, executor, { progress: () => undefined, trial: () => undefined });
  const prepared = prepare(workspace);
  const { id, finished } = runs.start(prepared);
  await finished;
  const trialOf = (recipe: string): TrialView => runs.view(id).trials.find((trial) => trial.recipe === recipe)!;
  return { workspace, executor, runs, prepared, id, trialOf };
}

/** Everything that was measured; nothing of where files lie. */
const numbersOf = (trials: readonly TrialView[]): unknown =>
  trials.map(({ id, status, metrics }) => [id, status, metrics]);
const budgetBytes = 0;

describe('collecting', () => {
  it('removes what can be made again, says how much, and leaves every number', async () => {
    const { workspace, runs, id, trialOf } = await finishedRun();
    const before = runs.view(id);
    const sizes = before.trials.flatMap(({ artifact, recipe }) => (recipe === 'baseline' ? [] : [artifact!.sizeBytes]));
    const result = await collect(workspace, { budgetBytes });
    expect(result.files).toBe(3);
    expect(result.freedBytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
    expect(result.keptBytes).toBe(result.neededBytes);
    const after = runs.view(id);
    expect(numbersOf(after.trials)).toEqual(numbersOf(before.trials));
    expect(after.trials.map(({ collected = false }) => collected)).toEqual([false, true, true, true]);
    expect(trialOf('pruned').artifact).toBeUndefined();
    // The network itself is not ours to remove.
    expect(existsSync(trialOf('baseline').artifact!.path)).toBe(true);
    expect((await collect(workspace, { budgetBytes })).files).toBe(0);
  });

  it('keeps what a starred trial was made from, also where others share it', async () => {
    const { workspace, id, trialOf } = await finishedRun();
    workspace.marks.star(id, 'net/both', true);
    const { files } = await collect(workspace, { budgetBytes });
    expect(files).toBe(1);
    expect([trialOf('both').collected, trialOf('pruned').collected, trialOf('half').collected]).toEqual([
      undefined,
      undefined,
      true,
    ]);
    workspace.marks.star(id, 'net/both', false);
    expect((await collect(workspace, { budgetBytes })).files).toBe(2);
  });

  it('removes the files of older runs first', async () => {
    const { workspace, runs, executor, trialOf } = await finishedRun();
    const later = runs.start(
      prepare(workspace, { name: 'later', recipes: { half: recipes.half, deep: [prune(0.9)] } }),
    );
    await later.finished;
    const total = await collect(workspace, { budgetBytes: Infinity });
    const oldest = trialOf('both').artifact!.sizeBytes;
    await collect(workspace, { budgetBytes: total.keptBytes - oldest });
    expect(trialOf('half').collected).toBeUndefined();
    expect([trialOf('both'), trialOf('pruned')].some(({ collected }) => collected)).toBe(true);
    expect(executor.begun.filter((name) => name === 'compress net with fp16')).toHaveLength(1);
  });

  it('makes again only what somebody asks for, and the same as before', async () => {
    const { workspace, executor, runs, prepared, id, trialOf } = await finishedRun();
    const before = runs.view(id);
    await collect(workspace, { budgetBytes });
    executor.begun.length = 0;
    // A resumed run has nothing left to do: its numbers are all there.
    expect(await runs.resume(id, prepared).finished).toBe('done');
    expect(executor.begun).toEqual([]);
    // A step that is new reads a file that is gone: that one is made again, and what nobody reads is not.
    const more = runs.start(prepare(workspace, { recipes: { pruned: [prune(0.5)], halved: [prune(0.5), 'fp16'] } }));
    expect(await more.finished).toBe('done');
    expect(executor.begun.filter((name) => name.startsWith('compress'))).toEqual([
      'compress net with prune.magnitude',
      'compress net|prune.magnitude with fp16',
    ]);
    const plans = workspace.runs.trials<TrialPlan>(id).map(({ plan }) => plan);
    const both = plans.find(({ recipe }) => recipe === 'both')!;
    const keys = missingFiles(both, workspace);
    expect(keys).toHaveLength(1);
    executor.begun.length = 0;
    expect(await runs.resume(id, prepared, { again: keys }).finished).toBe('done');
    expect(executor.begun).toEqual(['compress net|prune.magnitude with quantize.static']);
    const made = trialOf('both').artifact!;
    expect(made).toEqual(before.trials.find(({ recipe }) => recipe === 'both')!.artifact);
    expect(readFileSync(made.path, 'utf8')).toMatch(/^net\|prune\.magnitude\{.+\}\|quantize\.static\{.+\}$/);
    expect(numbersOf(runs.view(id).trials)).toEqual(numbersOf(before.trials));
    expect(trialOf('half').collected).toBe(true);
  });

  it('leaves journal and files agreeing wherever it ends, and goes on from there', async () => {
    const { workspace, runs, id } = await finishedRun();
    const before = numbersOf(runs.view(id).trials);
    for (let survivors = 0; survivors < 3; survivors++) {
      let left = 1;
      const dying = (path: string): void => {
        if (left-- === 0) throw new Error('killed');
        unlinkSync(path);
      };
      if (survivors < 2) await expect(collect(workspace, { budgetBytes, remove: dying })).rejects.toThrow('killed');
      else await collect(workspace, { budgetBytes, remove: dying });
      // What another process finds after the kill.
      const other = openWorkspace(workspace.folder);
      const found = new RunManager(other, new ScriptedExecutor(), {
        progress: () => undefined,
        trial: () => undefined,
      });
      const { trials } = found.view(id);
      other.close();
      expect(numbersOf(trials)).toEqual(before);
      for (const { artifact, collected = false } of trials) {
        expect(collected).toBe(artifact === undefined);
        if (artifact) expect(existsSync(artifact.path)).toBe(true);
      }
      expect(trials.filter(({ collected }) => collected)).toHaveLength(survivors + 1);
      RunLock.acquire(workspace.folder).release();
    }
  });

  it('frees nothing by removing one of two names, so such files stay', async () => {
    const { workspace, trialOf } = await finishedRun();
    linkSync(trialOf('half').artifact!.path, join(workspace.folder, 'net--half.onnx'));
    const { files, neededBytes } = await collect(workspace, { budgetBytes });
    expect(files).toBe(2);
    expect(neededBytes).toBeGreaterThanOrEqual(trialOf('half').artifact!.sizeBytes);
  });

  it('takes cached crops by their age, and never what says where contents lie', async () => {
    const { workspace } = await finishedRun();
    const crops = join(workspace.cacheFolder, 'crops');
    mkdirSync(crops, { recursive: true });
    for (const [name, seconds] of [
      ['old.crop', 1000],
      ['older.crop', 500],
    ] as const) {
      writeFileSync(join(crops, name), Buffer.alloc(1000));
      utimesSync(join(crops, name), seconds, seconds);
    }
    const use = await storageUse(workspace);
    expect(use.cacheBytes).toBeGreaterThanOrEqual(2000);
    expect(use.journalBytes).toBeGreaterThan(0);
    const { keptBytes } = await collect(workspace, { budgetBytes: Infinity });
    expect(keptBytes).toBe(use.artifactBytes + use.cacheBytes);
    await collect(workspace, { budgetBytes: keptBytes - 1 });
    expect([existsSync(join(crops, 'older.crop')), existsSync(join(crops, 'old.crop'))]).toEqual([false, true]);
    const contents = (await storageUse(workspace)).cacheBytes - 1000;
    await collect(workspace, { budgetBytes });
    expect(await storageUse(workspace)).toMatchObject({ artifactBytes: 0, cacheBytes: contents });
  });

  it('waits for no other process: a run elsewhere is said, a run here keeps its own', async () => {
    const { workspace, executor, runs, id, trialOf } = await finishedRun();
    const other = RunLock.acquire(workspace.folder);
    await expect(collect(workspace, { budgetBytes })).rejects.toMatchObject({ code: 'store.busy' });
    other.release();
    let open = (): void => undefined;
    const opened = new Promise<void>((resolve) => (open = resolve));
    executor.before = (name) => (name.startsWith('measure') ? opened : undefined);
    const under = runs.start(prepare(workspace, { recipes: { pruned: [prune(0.5)], deep: [prune(0.9)] } }));
    await expect.poll(() => executor.begun.some((name) => name.includes('measure'))).toBe(true);
    await collect(workspace, { budgetBytes, activeRun: () => runs.activeRun });
    expect([trialOf('pruned').collected, trialOf('both').collected]).toEqual([undefined, true]);
    open();
    expect(await under.finished).toBe('done');
    expect(runs.view(id).trials.find(({ recipe }) => recipe === 'pruned')!.artifact).toBeDefined();
  });
});
