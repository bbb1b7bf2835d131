import type { FormatInfo, RuntimeInfo } from '@shared/runtime-info';
import type { SweepFile } from '@shared/sweep-file';
import type { SweepDraft } from './draft';

type Deploy = SweepFile['deploy'];
type Options = NonNullable<Deploy>[string];

/** A format that files may be written in. */
export interface FormatChoice {
  id: string;
  /** Absent: nothing here writes it. */
  info?: FormatInfo;
  /** A target runs it, so it is written anyway. */
  isNeeded: boolean;
  isWritten: boolean;
  options: Options;
}

/** The formats that this machine writes, and what is asked for beside them. */
export function formatChoices(
  { targets, deploy = {} }: Pick<SweepDraft, 'targets' | 'deploy'>,
  runtimes: readonly Pick<RuntimeInfo, 'id' | 'format'>[],
  formats: readonly FormatInfo[],
): FormatChoice[] {
  const needed = new Set(targets.map(({ runtime }) => runtimes.find(({ id }) => id === runtime)?.format));
  const ids = [...new Set([...formats.map(({ id }) => id), ...Object.keys(deploy)])];
  return ids.map((id) => ({
    id,
    info: formats.find((format) => format.id === id),
    isNeeded: needed.has(id),
    isWritten: needed.has(id) || id in deploy,
    options: deploy[id] ?? {},
  }));
}

/** With or without files of a format; undefined where nothing is left to say. */
export function deployFormat(deploy: Deploy, id: string, isOn: boolean): Deploy {
  const { [id]: options, ...others } = deploy ?? {};
  if (isOn) return { ...deploy, [id]: options ?? {} };
  return Object.keys(others).length === 0 ? undefined : others;
}

/** With these options of a format. One that is written anyway needs no word where they are the defaults. */
export function deployOptions(deploy: Deploy, { id, isNeeded }: FormatChoice, options: Options): Deploy {
  const isSaid = !isNeeded || Object.keys(options).length > 0;
  return isSaid ? { ...deploy, [id]: options } : deployFormat(deploy, id, false);
}
