import type { Workspace } from '../store/workspace';
import { formatOf, type PlannedStep } from './plan';

/**
 * Keys of the steps that need not run: their results are known, and the file that one made is there or read by nobody who has to run.
 * Files may be collected; what they were measured to be stays.
 * @param steps each after those it needs
 */
export function finishedSteps(
  steps: readonly Pick<PlannedStep, 'key' | 'needs'>[],
  known: { hasResult(key: string): boolean; hasFile(key: string): boolean },
): Set<string> {
  const finished = new Set<string>();
  const read = new Set<string>();
  for (const { key, needs } of steps.toReversed()) {
    if (known.hasResult(key) && (!read.has(key) || known.hasFile(key))) finished.add(key);
    else for (const need of needs) read.add(need);
  }
  return finished;
}

/**
 * The same for steps whose results and files are in a workspace.
 * @param again keys of steps to compute anew
 * @param run the run in which steps that were stopped by hand count as finished
 */
export function finishedIn(
  { steps: journal, artifacts }: Pick<Workspace, 'steps' | 'artifacts'>,
  steps: readonly PlannedStep[],
  again: ReadonlySet<string> = new Set(),
  run?: string,
): Set<string> {
  const formats = new Map(steps.map(({ key, order }) => [key, formatOf(order)]));
  return finishedSteps(steps, {
    hasResult: (key) => !again.has(key) && journal.has(key, run),
    hasFile: (key) => {
      const artifact = journal.find(key)?.artifact;
      return artifact === undefined || artifacts.has(artifact, formats.get(key));
    },
  });
}
