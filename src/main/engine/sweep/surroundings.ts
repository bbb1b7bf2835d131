import type { Machine } from '@shared/run';
import { defaultTarget, type SweepFile, type Target } from '@shared/sweep-file';
import { deployOptions, findFormat } from '../formats/registry';
import { findRuntime } from '../runtimes/registry';
import type { Runtime } from '../runtimes/runtime';
import { nobody, runtimesOn, targetsByLabel, versionsOn, type Elsewhere } from './elsewhere';

/** What a plan has to know of a runtime. */
export interface RuntimeFacts {
  version: string;
  /** The file that it runs. */
  format: string;
  /** Names of its options that change answers, not only times; absent: none. */
  answerOptions?: readonly string[];
  /** Id of the one, also here, that runs the networks in floats which this one does not take; absent: it takes all. */
  floatsIn?: string;
  /** Its answers are of a device that is not known of other machines. */
  isDeviceBound?: boolean;
  /** How devices are connected, by their ids, '' for the first; absent: times do not depend on it. */
  links?: Readonly<Record<string, string>>;
}

/** A machine that targets are on. */
export interface Place {
  machine: Machine;
  /** Runtimes of the targets by id, and the usual one. */
  runtimes: Readonly<Record<string, RuntimeFacts>>;
}

/** Facts outside the sweep that a result depends on; as a place, this machine. */
export interface Surroundings extends Place {
  /** Version of the runtime that techniques calculate with. */
  onnxruntime: string;
  /** Other machines by the labels that targets name; absent: they name none. */
  elsewhere?: Readonly<Record<string, Place>>;
  /** Of the formats that these runtimes take, and of others that are deployed; none for ONNX. */
  converters: Readonly<Record<string, ConverterFacts>>;
  /** Formats that are deployed whatever the targets run. */
  deployed: readonly string[];
}

/** What a plan has to know of how a format is written. */
export interface ConverterFacts {
  version: number;
  /** As the sweep asks for them, defaults filled in. */
  options: Readonly<Record<string, unknown>>;
  /** It holds networks in integers alone. */
  integersOnly?: boolean;
  /** Its files do not tell what the network holds. */
  isOpaque?: boolean;
  /** Version of the person's program that writes it; absent: there is none here, or it takes none. */
  compiler?: string;
}

/** Targets whose runtimes answer for the evaluation images: without any, the usual one does. */
export function evaluatedTargets(targets: readonly Target[]): readonly Target[] {
  return targets.length > 0 ? targets : [defaultTarget];
}

/** The machine that a target is on. */
export function placeOf({ on }: Pick<Target, 'on'>, around: Surroundings): Place {
  return on === undefined ? around : around.elsewhere![on]!;
}

/** Versions of a place's runtimes by their ids. */
export const versionsOf = ({ runtimes }: Pick<Place, 'runtimes'>): Record<string, string> =>
  Object.fromEntries(Object.entries(runtimes).map(([id, { version }]) => [id, version]));

/** The runtime of a target on the machine that it is on. */
export function runtimeOf(
  { runtime, on }: Pick<Target, 'runtime' | 'on'>,
  { runtimes, elsewhere }: Pick<Surroundings, 'runtimes' | 'elsewhere'>,
): RuntimeFacts {
  return (on === undefined ? runtimes : elsewhere![on]!.runtimes)[runtime]!;
}

/**
 * Facts of the runtimes that targets name and of the formats that are deployed, from the registries. Runtimes on other machines need not be
 * here: what they are comes from the registry, their versions from there. Throws `target.unknown`, `runtime.unavailable`, `format.unknown`,
 * `deploy.invalid`, `target.nobody`, `target.lacking`.
 * @param elsewhere the machines that targets name by their labels
 */
export async function surroundingsOf(
  { targets, deploy = {} }: Pick<SweepFile, 'targets' | 'deploy'>,
  machine: Machine,
  onnxruntime: string,
  elsewhere: Elsewhere = new Map(),
): Promise<Surroundings> {
  const deployed = Object.keys(deploy);
  const others = [...targetsByLabel(targets)].map(([label, own]) => [label, otherPlace(own, elsewhere)] as const);
  const runtimes: Record<string, RuntimeFacts> = {};
  const here = evaluatedTargets(targets).filter(({ on }) => on === undefined);
  for (const id of runtimesOn(here)) runtimes[id] = await runtimeFacts(id);
  const known = [runtimes, ...others.map(([, place]) => place.runtimes)].flatMap(Object.values) as RuntimeFacts[];
  const written = known.flatMap(({ format }) => (format === 'onnx' ? [] : [format]));
  const converters: Record<string, ConverterFacts> = {};
  for (const id of new Set([...deployed, ...written])) converters[id] = await converterFacts(id, deploy[id]);
  const around = { machine, onnxruntime, runtimes, converters, deployed };
  return others.length === 0 ? around : { ...around, elsewhere: Object.fromEntries(others) };
}

/** The machine that targets of one label are on. */
function otherPlace(targets: readonly Target[], elsewhere: Elsewhere): Place {
  const [target] = targets;
  const found = elsewhere.get(target!.on!);
  if (!found) throw nobody(target!);
  const runtimes = [...versionsOn(targets, found)].map(([id, version]): [string, RuntimeFacts] => [
    id,
    { version, ...declaredFacts(findRuntime(id)) },
  ]);
  return { machine: found.machine, runtimes: Object.fromEntries(runtimes) };
}

const declaredFacts = ({
  format,
  answerOptions,
  floatsIn,
  isDeviceBound,
}: Runtime): Omit<RuntimeFacts, 'version' | 'links'> => ({
  format,
  ...(answerOptions && { answerOptions }),
  ...(floatsIn !== undefined && { floatsIn }),
  ...(isDeviceBound && { isDeviceBound }),
});

async function runtimeFacts(id: string): Promise<RuntimeFacts> {
  const runtime = findRuntime(id);
  const devices = await runtime.devices();
  const links = devices.flatMap((device, at): [string, string][] => {
    if (device.link === undefined) return [];
    const own: [string, string] = [device.id, device.link];
    return at === 0 ? [own, ['', device.link]] : [own];
  });
  return {
    version: runtime.version(),
    ...declaredFacts(runtime),
    ...(links.length > 0 && { links: Object.fromEntries(links) }),
  };
}

async function converterFacts(id: string, asked: Record<string, unknown> | undefined): Promise<ConverterFacts> {
  const format = findFormat(id);
  const compiler = await format.compilerVersion?.();
  return {
    version: format.version,
    options: deployOptions(format, asked),
    ...(format.integersOnly && { integersOnly: true }),
    ...(format.isOpaque && { isOpaque: true }),
    ...(compiler !== undefined && { compiler }),
  };
}
