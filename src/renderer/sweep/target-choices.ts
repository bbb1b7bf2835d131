import type { RuntimeInfo } from '@shared/runtime-info';

export interface Choice {
  value: string;
  label: string;
}

const reasons = { machine: 'for other machines', library: 'not here', device: 'nothing to run on' } as const;

/** What keeps a runtime from use, in words for a list; the whole sentence stands elsewhere. */
function reasonOf({ lacks, isPending }: RuntimeInfo): string {
  return isPending ? 'being looked for' : reasons[lacks ?? 'device'];
}

/** Runtimes to choose from: those that can be used, then the others with why not, then what is asked for and nobody knows. */
export function runtimeChoices(runtimes: readonly RuntimeInfo[], asked: string): Choice[] {
  const usable = runtimes.filter(({ problem }) => problem === undefined);
  const others = runtimes.filter(({ problem }) => problem !== undefined);
  const isUnknown = runtimes.every(({ id }) => id !== asked);
  return [
    ...usable.map(({ id }) => ({ value: id, label: id })),
    ...others.map((runtime) => ({ value: runtime.id, label: `${runtime.id} (${reasonOf(runtime)})` })),
    // Before the engine has answered, nothing is known of any.
    ...(isUnknown ? [{ value: asked, label: runtimes.length > 0 ? `${asked} (unknown)` : asked }] : []),
  ];
}

/**
 * Devices to choose from, where there is more than one or another is asked for. The first of a runtime is chosen by naming none ('') unless it
 * is named already.
 */
export function deviceChoices({ devices }: Pick<RuntimeInfo, 'devices'>, asked: string | undefined): Choice[] {
  const isUnknown = asked !== undefined && devices.every(({ id }) => id !== asked);
  if (devices.length < 2 && !isUnknown) return [];
  return [
    ...devices.map(({ id, title, problem }, at) => ({
      value: at === 0 && id !== asked ? '' : id,
      label: problem === undefined ? title : `${title} (not usable)`,
    })),
    ...(isUnknown ? [{ value: asked, label: `${asked} (unknown)` }] : []),
  ];
}
