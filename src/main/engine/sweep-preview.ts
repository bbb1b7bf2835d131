import type { SweepFile } from '@shared/sweep-file';
import type { SweepPlan } from '@shared/sweep-plan';
import { formatBytes } from '@shared/format';
import { batteryWarning, memoryUnwatched } from '@shared/presenter/sweep-plan';
import type { Engine } from './create-engine';
import { freeBytes } from './files/free-space';
import { isOnBattery } from './machine/power-supply';
import { estimatePlan } from './sweep/plan-estimate';
import type { PreparedSweep } from './sweep/prepare-sweep';
import { finishedIn } from './sweep/finished-steps';
import { placesOf } from './sweep/places';
import { distinctSteps } from './sweep/plan';
import { countSteps } from './sweep/run-manager';

/** What starting a sweep would do, what it would cost, and what a person should know before. */
export async function previewSweep(engine: Engine, prepared: PreparedSweep): Promise<SweepPlan> {
  const { workspace, executor, machine } = engine;
  const { trials, around } = prepared;
  const counted = countSteps(trials, workspace);
  const agents = engine.agents();
  const { diskBytes, ...estimated } = estimatePlan(prepared, workspace, {
    machineId: machine.id,
    slots: executor.ownSlots ?? executor.slots,
    agents,
  });
  const steps = distinctSteps(trials);
  const isAlone = agents.length === 0 && !around.elsewhere;
  const places = isAlone ? undefined : placesOf(steps, finishedIn(workspace, steps), agents, around);
  const [free, onBattery] = await Promise.all([freeBytes(workspace.folder), isOnBattery()]);
  return {
    trials: trials.length,
    recipes: [...new Set(trials.map(({ recipe }) => recipe))],
    ...counted,
    sharedSteps: trials.reduce((sum, { steps }) => sum + steps.length, 0) - counted.steps,
    ...estimated,
    diskBytes,
    freeBytes: free,
    ...(places && { places }),
    warnings: [
      ...prepared.warnings,
      ...searchNote(prepared.sweep),
      ...(prepared.sweep.limits?.stepMemoryMB !== undefined && machine.platform === 'win32' ? [memoryUnwatched] : []),
      ...diskWarning(diskBytes, free, workspace.folder),
      ...(onBattery && counted.cachedSteps < counted.steps ? [batteryWarning] : []),
    ],
  };
}

/** What follows the recipes is in none of the figures. */
function searchNote({ search, models, dataset }: SweepFile): string[] {
  if (!search || dataset.part) return [];
  const each = models.length === 1 ? 'a search' : `${models.length} searches, one a model,`;
  return [`Behind the recipes ${each} of up to ${search.budget} will run; the figures here are of the recipes.`];
}

function diskWarning(needed: number, free: number | undefined, folder: string): string[] {
  if (free === undefined || needed <= free) return [];
  return [
    `The sweep may write ${formatBytes(needed)}, and the disk of ${folder} has ${formatBytes(free)} left. Free some space, or start it all the same: what is finished is kept.`,
  ];
}
