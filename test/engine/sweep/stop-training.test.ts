import { expect, it } from 'vitest';
import { stoppedSteps } from '../../../src/main/engine/sweep/stopped-steps';
import { prune } from '../../unit/sweep/sweeps';
import { gate, managed } from './managed';
import { prepare } from './prepared';
import { ScriptedExecutor } from './scripted-executor';

const recipes = { baseline: [], tuned: [prune(0.5), 'finetune'], both: [prune(0.5), 'finetune', 'fp16'] };

/** A run in which somebody stops the training of one trial, whose step another trial has too. */
async function stoppedRun() {
  const { open, reached, before } = gate(/with finetune$/);
  const executor = new ScriptedExecutor(1, before);
  const made = managed(executor);
  const { id, finished } = made.runs.start(prepare(made.workspace, { recipes }));
  await reached;
  const told = made.progress.at(-1)!.trainings;
  made.runs.control(id).stopTraining('net/tuned');
  const after = made.progress.at(-1)!.trainings;
  open();
  expect(await finished).toBe('done');
  executor.before = () => undefined;
  const trial = (recipe: string) => made.runs.view(id).trials.find((each) => each.recipe === recipe)!;
  return { ...made, id, told, after, trial };
}

it('ends a training with the best so far; every trial that follows from it says so', async () => {
  const { told, after, trial, workspace, id } = await stoppedRun();
  expect(told).toEqual([['net/tuned', 'net/both']]);
  expect(after).toBeUndefined();
  for (const recipe of ['tuned', 'both']) {
    expect(trial(recipe)).toMatchObject({
      status: 'done',
      training: [{ steps: 10, stopped: { of: 20, stepsOfEpoch: 5 } }],
    });
    const { steps } = trial(recipe);
    // Pruning came before; all that follows has another file.
    expect(steps.map(({ stopped = false }) => stopped)).toEqual(steps.map((_, at) => at > 0));
  }
  expect(workspace.runs.log(id, 'net/tuned').join('\n')).toContain('training is stopped by hand');
});

it('leaves steps that executors know by keys of their own: others have what the whole training leaves', async () => {
  const { open, reached, before } = gate(/with finetune$/);
  const executor = new ScriptedExecutor(1, before);
  const told: (string | undefined)[] = [];
  const run = executor.run.bind(executor);
  executor.run = (order, events, signal, placed) => {
    told.push(placed?.key);
    return run(order, events, signal, placed);
  };
  const { runs, workspace } = managed(executor);
  const { id, finished } = runs.start(prepare(workspace, { recipes }));
  await reached;
  runs.control(id).stopTraining('net/tuned');
  open();
  expect(await finished).toBe('done');
  const steps = runs.view(id).trials.flatMap((trial) => trial.steps);
  const [training, ...later] = [...new Set(steps.filter(({ stopped }) => stopped).map(({ key }) => key))];
  expect(later.length).toBeGreaterThan(3);
  expect(told).toContain(training);
  for (const key of later) expect(told).not.toContain(key);
  for (const { key, stopped } of steps) if (!stopped) expect(told).toContain(key);
  expect(new Set(told).size).toBe(new Set(steps.map(({ key }) => key)).size);
});

it('stands for its keys in this run alone: the run taken up again leaves it, another run does it in full', async () => {
  const { runs, workspace, executor, id, trial } = await stoppedRun();
  executor.begun.length = 0;
  expect(await runs.resume(id, prepare(workspace, { recipes })).finished).toBe('done');
  expect(executor.begun).toEqual([]);

  const other = runs.start(prepare(workspace, { recipes: { baseline: [], tuned: recipes.tuned } }));
  expect(await other.finished).toBe('done');
  const [file] = ['net|prune.magnitude|finetune'];
  expect(executor.begun.toSorted()).toEqual([
    'compress net|prune.magnitude with finetune',
    `describe ${file}`,
    `evaluate ${file}`,
    `measure ${file}`,
  ]);
  // The steps that were found out of the other file are gone; the run that had them does them anew.
  expect(trial('tuned').steps.some(({ stopped }) => stopped)).toBe(false);
  executor.begun.length = 0;
  expect(await runs.resume(id, prepare(workspace, { recipes })).finished).toBe('done');
  expect(executor.begun).toContain(`compress ${file} with fp16`);
  expect(trial('both').training).toBeUndefined();
});

it('trains on: what was stopped is done in full, with all that follows from it', async () => {
  const { runs, workspace, executor, id, trial } = await stoppedRun();
  const keys = stoppedSteps(runs.view(id), 'net/tuned');
  expect(keys).toHaveLength(4);
  expect(stoppedSteps(runs.view(id), 'net/baseline')).toEqual([]);
  expect(() => stoppedSteps(runs.view(id), 'net/none')).toThrow(/net\/none/);
  executor.begun.length = 0;
  expect(await runs.resume(id, prepare(workspace, { recipes }), { again: keys }).finished).toBe('done');
  expect(executor.begun.filter((name) => name.startsWith('compress'))).toEqual([
    'compress net|prune.magnitude with finetune',
    'compress net|prune.magnitude|finetune with fp16',
  ]);
  for (const recipe of ['tuned', 'both']) {
    expect(trial(recipe).training).toBeUndefined();
    expect(trial(recipe).steps.every(({ stopped, status }) => !stopped && status === 'done')).toBe(true);
  }
});

it('is known to checkpoints and other machines by another key than the work in full, with all that follows from it', async () => {
  const { runs, workspace, executor, id } = await stoppedRun();
  const half = new Map([...executor.keys].filter(([name]) => name.includes('half a finetune')));
  expect([...half.keys()].map((name) => name.split(' ')[0]).toSorted()).toEqual([
    'compress',
    'describe',
    'describe',
    'evaluate',
    'evaluate',
    'measure',
    'measure',
  ]);
  executor.keys.clear();
  const again = stoppedSteps(runs.view(id), 'net/both');
  expect(await runs.resume(id, prepare(workspace, { recipes }), { again }).finished).toBe('done');
  const planned = runs.view(id).trials.flatMap(({ steps }) => steps.map(({ key }) => key));
  for (const [name, key] of executor.keys) expect(planned, name).toContain(key);
  for (const [name, key] of half) expect(planned, name).not.toContain(key);
});

it('of a search, no training is stopped: it compares equal effort', async () => {
  const { open, reached, before } = gate(/with finetune$/);
  const { runs, workspace, progress } = managed(new ScriptedExecutor(1, before));
  const prepared = prepare(workspace, { recipes });
  const sweep = { ...prepared.sweep, dataset: { ...prepared.sweep.dataset, part: 'selection' as const } };
  const { id, finished } = runs.start({ ...prepared, sweep });
  await reached;
  expect(progress.at(-1)!.trainings).toBeUndefined();
  runs.control(id).stopTraining('net/tuned');
  open();
  expect(await finished).toBe('done');
  expect(runs.view(id).trials.every(({ training }) => training === undefined)).toBe(true);
});
