import { expect, it } from 'vitest';
import { measurementsToRepeat } from '../../../src/main/engine/sweep/remeasure';
import { RunManager } from '../../../src/main/engine/sweep/run-manager';
import { openTemporaryWorkspace, prepare } from './prepared';
import { ScriptedExecutor } from './scripted-executor';

it('a finished run measures what is forgotten again, and computes nothing else', async () => {
  const workspace = openTemporaryWorkspace();
  const executor = new ScriptedExecutor();
  executor.workspace = workspace.folder;
  const runs = new RunManager(workspace, executor, { progress: () => undefined, trial: () => undefined });
  const { id, finished } = runs.start(prepare(workspace));
  expect(await finished).toBe('done');
  // Nothing says that the measurements were disturbed.
  expect(measurementsToRepeat(runs.view(id))).toEqual([]);

  const trial = runs.view(id).trials.find(({ recipe }) => recipe === 'pruned')!;
  const step = trial.steps.find(({ kind }) => kind === 'measure')!;
  const measured = workspace.steps.find(step.key)!;
  const disturbance = { p99OverP50: 8, roundSpread: 0.01, otherCpuShare: 0.6 };
  workspace.steps.record({ ...measured, result: { ...(measured.result as object), disturbance } }, id);
  const keys = measurementsToRepeat(runs.view(id));
  expect(keys).toEqual([step.key]);

  executor.begun.length = 0;
  expect(await runs.resume(id, prepare(workspace), { again: keys }).finished).toBe('done');
  expect(executor.begun).toEqual(['measure net|prune.magnitude']);
  expect(measurementsToRepeat(runs.view(id))).toEqual([]);
});
