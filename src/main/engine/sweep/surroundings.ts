import type { Machine } from '@shared/run';
import { defaultTarget, type SweepFile, type Target } from '@shared/sweep-file';
import { deployOptions, findFormat } from '../formats/registry';
import { findRuntime } from '../runtimes/registry';

/** What a plan has to know of a runtime. */
export interface RuntimeFacts {
  version: string;
  /** The file that it runs. */
  format: string;
  /** Names of its options that change answers, not only times; absent: none. */
  answerOptions?: readonly string[];
  /** Id of the one, also here, that runs the networks in floats which this one does not take; absent: it takes all. */
  floatsIn?: string;
  /** How devices are connected, by their ids, '' for the first; absent: times do not depend on it. */
  links?: Readonly<Record<string, string>>;
}

/** Facts outside the sweep that a result depends on. */
export interface Surroundings {
  machine: Machine;
  /** Version of the runtime that techniques calculate with. */
  onnxruntime: string;
  /** Runtimes of the targets by id, and the usual one. */
  runtimes: Readonly<Record<string, RuntimeFacts>>;
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

/**
 * Facts of the runtimes that targets name and of the formats that are deployed, from the registries. Throws `target.unknown`,
 * `runtime.unavailable`, `format.unknown`, `deploy.invalid`.
 */
export async function surroundingsOf(
  { targets, deploy = {} }: Pick<SweepFile, 'targets' | 'deploy'>,
  machine: Machine,
  onnxruntime: string,
): Promise<Surroundings> {
  const deployed = Object.keys(deploy);
  // What a target does not take runs in the usual runtime.
  const ids = new Set([
    ...evaluatedTargets(targets).flatMap(({ runtime }) => [runtime, findRuntime(runtime).floatsIn ?? runtime]),
    defaultTarget.runtime,
  ]);
  const runtimes: Record<string, RuntimeFacts> = {};
  for (const id of ids) runtimes[id] = await runtimeFacts(id);
  const written = Object.values(runtimes).flatMap(({ format }) => (format === 'onnx' ? [] : [format]));
  const converters: Record<string, ConverterFacts> = {};
  for (const id of new Set([...deployed, ...written])) converters[id] = await converterFacts(id, deploy[id]);
  return { machine, onnxruntime, runtimes, converters, deployed };
}

async function runtimeFacts(id: string): Promise<RuntimeFacts> {
  const runtime = findRuntime(id);
  const { format, answerOptions, floatsIn } = runtime;
  const devices = await runtime.devices();
  const links = devices.flatMap((device, at): [string, string][] => {
    if (device.link === undefined) return [];
    const own: [string, string] = [device.id, device.link];
    return at === 0 ? [own, ['', device.link]] : [own];
  });
  return {
    version: runtime.version(),
    format,
    ...(answerOptions && { answerOptions }),
    ...(floatsIn !== undefined && { floatsIn }),
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
