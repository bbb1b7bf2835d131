import type { RuntimeInfo } from '@shared/runtime-info';
import { defaultTarget, type Target } from '@shared/sweep-file';

type Runtime = Pick<RuntimeInfo, 'id' | 'title' | 'format'> & Partial<Pick<RuntimeInfo, 'problem' | 'maximumThreads'>>;

export interface RuntimeChoice {
  value: string;
  label: string;
  disabled: boolean;
}

/** Why a runtime cannot open a model that is there in these formats; undefined where it can. */
function obstacle({ format, problem }: Runtime, formats: readonly string[]): string | undefined {
  if (!formats.includes(format)) return `takes .${format}`;
  return problem === undefined ? undefined : 'not usable here';
}

/** Every runtime: those that can open a model first, then the others, each with what is in the way. */
export function runtimeChoicesForModel(runtimes: readonly Runtime[], formats: readonly string[]): RuntimeChoice[] {
  const choices = runtimes.map((runtime): RuntimeChoice => {
    const reason = obstacle(runtime, formats);
    const label = reason === undefined ? runtime.id : `${runtime.id} (${reason})`;
    return { value: runtime.id, label, disabled: reason !== undefined };
  });
  return [...choices.filter(({ disabled }) => !disabled), ...choices.filter(({ disabled }) => disabled)];
}

/** The target where it can open the model; else with the usual runtime, or the first that can; undefined where none can. */
export function fittingTarget(
  target: Target,
  runtimes: readonly Runtime[],
  formats: readonly string[],
): Target | undefined {
  const fitting = runtimes.filter((runtime) => obstacle(runtime, formats) === undefined);
  if (fitting.some(({ id }) => id === target.runtime)) return target;
  const other = fitting.find(({ id }) => id === defaultTarget.runtime) ?? fitting[0];
  return other && bareTarget(target, other);
}

/** The target on another runtime, without device and options: these are a runtime's own. */
export function bareTarget({ threads }: Target, { id, maximumThreads = Infinity }: Runtime): Target {
  return { runtime: id, threads: Math.min(threads, maximumThreads) };
}

/** Why no runtime can open a model, with what would mend it, as a sentence. */
export function nothingFits(model: string, runtimes: readonly Runtime[], formats: readonly string[]): string {
  const files = formats.map((format) => `.${format}`).join(' or ');
  const problems = runtimes.flatMap(({ title, format, problem }) =>
    formats.includes(format) && problem !== undefined ? [`${title}: ${problem}`] : [],
  );
  return [`${model} is there as ${files}, which no runtime here can open.`, ...problems].join(' ');
}
