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
}

/** Facts outside the sweep that a result depends on. */
export interface Surroundings {
  machine: Machine;
  /** Version of the runtime that techniques calculate with. */
  onnxruntime: string;
  /** Runtimes of the targets by id. */
  runtimes: Readonly<Record<string, RuntimeFacts>>;
  /** Of the formats that these runtimes take, and of others that are deployed; none for ONNX. */
  converters: Readonly<Record<string, ConverterFacts>>;
}

/** What a plan has to know of how a format is written. */
export interface ConverterFacts {
  version: number;
  /** As the sweep asks for them, defaults filled in. */
  options: Readonly<Record<string, unknown>>;
}

/** Targets whose runtimes answer for the evaluation images: without any, the usual one does. */
export function evaluatedTargets(targets: readonly Target[]): readonly Target[] {
  return targets.length > 0 ? targets : [defaultTarget];
}

/**
 * Facts of the runtimes that targets name and of the formats that are deployed, from the registries. Throws `target.unknown`,
 * `runtime.unavailable`, `format.unknown`, `deploy.invalid`.
 */
export function surroundingsOf(
  { targets, deploy = {} }: Pick<SweepFile, 'targets' | 'deploy'>,
  machine: Machine,
  onnxruntime: string,
): Surroundings {
  const runtimes: Record<string, RuntimeFacts> = {};
  const wanted = new Set(Object.keys(deploy));
  for (const { runtime: id } of evaluatedTargets(targets)) {
    const runtime = findRuntime(id);
    const { format: runs, answerOptions } = runtime;
    runtimes[id] = { version: runtime.version(), format: runs, ...(answerOptions && { answerOptions }) };
    if (runs !== 'onnx') wanted.add(runs);
  }
  const converters: Record<string, ConverterFacts> = {};
  for (const id of wanted) {
    const format = findFormat(id);
    converters[id] = { version: format.version, options: deployOptions(format, deploy[id]) };
  }
  return { machine, onnxruntime, runtimes, converters };
}
