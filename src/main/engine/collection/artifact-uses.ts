import type { Workspace } from '../store/workspace';
import { formatOf, type PlannedStep, type TrialPlan } from '../sweep/plan';

/** When the file of a content hash was used last, and whether it has to stay. */
export interface ArtifactUse {
  /** Milliseconds since 1970. */
  lastUsedMs: number;
  isNeeded: boolean;
}

/**
 * Uses of every artifact that the journal knows, by sha256. Needed are the files of starred trials, of runs under way, and those that others
 * are measured beside. All of it follows from the journal: nothing has to be written down when a file is used.
 */
export function artifactUses(workspace: Pick<Workspace, 'runs' | 'steps'>, now = Date.now()): Map<string, ArtifactUse> {
  const byStep = new Map<string, ArtifactUse>();
  const use = (key: string, lastUsedMs: number, isNeeded: boolean): void => {
    const known = byStep.get(key);
    byStep.set(key, {
      lastUsedMs: Math.max(known?.lastUsedMs ?? 0, lastUsedMs),
      isNeeded: isNeeded || known?.isNeeded === true,
    });
  };
  for (const { id, startedAt, record: run } of workspace.runs.names()) {
    const trials = run && workspace.runs.readableTrials<TrialPlan>(id);
    if (!trials) {
      // Nobody knows what of it is starred.
      for (const key of workspace.steps.computedBy(id)) use(key, Date.parse(startedAt), true);
      continue;
    }
    const isUnderWay = run.status === 'running' || run.status === 'paused';
    const usedMs = isUnderWay ? now : Date.parse(run.endedAt ?? run.startedAt);
    for (const { plan, starred } of trials) {
      for (const step of plan.steps) {
        if (formatOf(step.order)) use(step.key, usedMs, isUnderWay || starred);
        for (const key of baselineOf(step)) use(key, usedMs, true);
      }
    }
  }
  const uses = new Map<string, ArtifactUse>();
  for (const { key, artifact, finishedAt } of workspace.steps.artifacts()) {
    // Several steps may have made the same content.
    const known = uses.get(artifact);
    const own = byStep.get(key);
    uses.set(artifact, {
      lastUsedMs: Math.max(known?.lastUsedMs ?? 0, own?.lastUsedMs ?? 0, Date.parse(finishedAt)),
      isNeeded: (known?.isNeeded ?? false) || (own?.isNeeded ?? false),
    });
  }
  return uses;
}

function baselineOf({ order }: PlannedStep): string[] {
  return order.kind === 'measure' && 'step' in order.baseline ? [order.baseline.step] : [];
}
