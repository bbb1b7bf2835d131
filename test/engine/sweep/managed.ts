import type { RunProgress, TrialView } from '@shared/run';
import { RunManager } from '../../../src/main/engine/sweep/run-manager';
import { openTemporaryWorkspace } from './prepared';
import { ScriptedExecutor } from './scripted-executor';

/** Runs of a workspace of their own, and all that they announce. */
export function managed(executor = new ScriptedExecutor(), workspace = openTemporaryWorkspace()) {
  executor.workspace = workspace.folder;
  const progress: (RunProgress | null)[] = [];
  const trials: TrialView[] = [];
  const runs = new RunManager(workspace, executor, {
    progress: (state) => progress.push(state),
    trial: (_run, trial) => trials.push(trial),
  });
  return { workspace, executor, runs, progress, trials };
}

/** A gate that jobs whose name matches wait at. */
export function gate(pattern: RegExp) {
  let open = (): void => undefined;
  let reach = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  const reached = new Promise<void>((resolve) => (reach = resolve));
  const before = async (name: string): Promise<void> => {
    if (!pattern.test(name)) return;
    reach();
    await opened;
  };
  return { open, reached, before };
}

/** "recipe status" of every trial, in the order of the sweep. */
export const statuses = (runs: RunManager, id: string): string[] =>
  runs.view(id).trials.map((trial) => `${trial.recipe} ${trial.status}`);
