import { defaultTarget, type Target } from '@shared/sweep-file';
import type { Dependence } from '../techniques/technique';
import type { OtherMachine } from './elsewhere';
import type { Requirement } from './plan';
import { versionsOf, type Place, type Surroundings } from './surroundings';

/** A machine that may do steps. */
export interface Candidate extends OtherMachine {
  labels: readonly string[];
}

/** For a step whose result is the same everywhere. */
export const anywhere: Requirement = { versions: {} };

/** For a step that takes what is not known of other machines, such as a compiler. */
export const onlyHere = ({ machine: { id: machine } }: Pick<Place, 'machine'>): Requirement => ({
  machine,
  versions: {},
});

/** For a technique: what its results depend on. */
export function toCompress(
  dependsOn: readonly Dependence[],
  { machine: { id, isa }, onnxruntime }: Pick<Surroundings, 'machine' | 'onnxruntime'>,
): Requirement {
  const hasKernels = dependsOn.includes('kernels');
  const isBound = dependsOn.includes('machine') || (hasKernels && isa.length === 0);
  return {
    ...(isBound && { machine: id }),
    ...(hasKernels && { isa }),
    versions: hasKernels || dependsOn.includes('runtime') ? { onnxruntime } : {},
  };
}

/** For answers: any machine of the kind, but for devices that are not known of others and where instruction sets are unknown. */
export function toEvaluate({ runtime, device, on }: Target, { machine: { id, isa }, runtimes }: Place): Requirement {
  const { version, isDeviceBound = false } = runtimes[runtime]!;
  const isBound = isDeviceBound || device !== undefined || isa.length === 0;
  return {
    ...(isBound && on !== undefined && { on }),
    ...(isBound && { machine: id }),
    isa,
    versions: { [runtime]: version },
  };
}

/** For times, of two targets on one machine. */
export function toMeasure(own: Target, beside: Target, { machine: { id }, runtimes }: Place): Requirement {
  const versions = [own, beside].map(({ runtime }): [string, string] => [runtime, runtimes[runtime]!.version]);
  return {
    ...(own.on !== undefined && { on: own.on }),
    machine: id,
    versions: Object.fromEntries(versions),
  };
}

/** Only the machine that runs the sweep may do it: its result is of one machine, and no target names another. */
export const isForThisMachine = ({ on, machine }: Requirement): boolean => on === undefined && machine !== undefined;

/** Whether a step done on another machine has the result that its key stands for. */
export function fits(requires: Requirement, candidate: Candidate): boolean {
  const { on } = requires;
  const isLabelled = on === undefined || candidate.labels.includes(on);
  return !isForThisMachine(requires) && isLabelled && agrees(requires, candidate);
}

/** Whether the machine that runs the sweep may do a step. */
export function fitsHere(requires: Requirement, here: OtherMachine): boolean {
  return requires.on === undefined && agrees(requires, here);
}

/** This machine, of which no label is known. */
export function hereOf(around: Surroundings): OtherMachine {
  return { machine: around.machine, runtimes: { ...versionsOf(around), onnxruntime: around.onnxruntime } };
}

function agrees({ machine, isa, versions }: Requirement, candidate: OtherMachine): boolean {
  return (
    (machine === undefined || machine === candidate.machine.id) &&
    (isa === undefined || isSame(isa, candidate.machine.isa)) &&
    Object.entries(versions).every(([id, version]) => versionOf(candidate, id) === version)
  );
}

/** Compression calculates with the usual runtime. */
function versionOf({ runtimes }: OtherMachine, id: string): string | undefined {
  return runtimes[id] ?? (id === 'onnxruntime' ? runtimes[defaultTarget.runtime] : undefined);
}

const isSame = (one: readonly string[], other: readonly string[]): boolean =>
  one.toSorted().join(' ') === other.toSorted().join(' ');
