import type { Machine, Manifest, RunView } from '../run';
import { targetName } from '../sweep-file';

/** The machine that a target of a run is on. */
export function machineOf({ sweep, manifest }: Pick<RunView, 'sweep' | 'manifest'>, target: string): Machine {
  const { on } = sweep.targets.find((candidate) => targetName(candidate) === target) ?? {};
  return (on !== undefined && manifest.elsewhere?.[on]?.machine) || manifest.machine;
}

/** The processors behind a run's numbers: "AMD EPYC", "pi4: Cortex-A72". */
export function processorsOf({ machine, elsewhere = {} }: Pick<Manifest, 'machine' | 'elsewhere'>): string[] {
  return [machine.cpu, ...Object.entries(elsewhere).map(([label, other]) => `${label}: ${other.machine.cpu}`)];
}
