import type { Machine } from '@shared/run';
import { defaultTarget, type Target } from '@shared/sweep-file';
import { findFormat } from '../formats/registry';
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
  /** Versions of the converters to the formats of these runtimes; none for ONNX. */
  converters: Readonly<Record<string, number>>;
}

/** Targets whose runtimes answer for the evaluation images: without any, the usual one does. */
export function evaluatedTargets(targets: readonly Target[]): readonly Target[] {
  return targets.length > 0 ? targets : [defaultTarget];
}

/** Facts of the runtimes that targets name, from the registries. Throws `target.unknown`, `runtime.unavailable`, `format.unknown`. */
export function surroundingsOf(targets: readonly Target[], machine: Machine, onnxruntime: string): Surroundings {
  const runtimes: Record<string, RuntimeFacts> = {};
  const converters: Record<string, number> = {};
  for (const { runtime: id } of evaluatedTargets(targets)) {
    const runtime = findRuntime(id);
    const { format: runs, answerOptions } = runtime;
    runtimes[id] = { version: runtime.version(), format: runs, ...(answerOptions && { answerOptions }) };
    const format: string = runtime.format;
    if (format !== 'onnx') converters[format] = findFormat(format).version;
  }
  return { machine, onnxruntime, runtimes, converters };
}
