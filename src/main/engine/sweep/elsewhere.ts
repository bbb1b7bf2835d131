import type { Agent } from '@shared/agents';
import { AppError } from '@shared/errors';
import type { Machine } from '@shared/run';
import { defaultTarget, targetName, type Target } from '@shared/sweep-file';
import { findRuntime } from '../runtimes/registry';

/** What is known of another machine. */
export interface OtherMachine {
  machine: Machine;
  /** Versions of what runs there, by id of the runtime. */
  runtimes: Readonly<Record<string, string>>;
}

/** Other machines by their labels. */
export type Elsewhere = ReadonlyMap<string, OtherMachine>;

/** Ids of the runtimes that targets make use of on their machine: what one does not take runs in another. */
export function runtimesOn(targets: readonly Target[]): Set<string> {
  const named = targets.flatMap(({ runtime }) => [runtime, findRuntime(runtime).floatsIn ?? runtime]);
  return new Set([...named, defaultTarget.runtime]);
}

/** Targets by the machine that they name; those of this machine are left out. */
export function targetsByLabel(targets: readonly Target[]): Map<string, Target[]> {
  const found = new Map<string, Target[]>();
  for (const target of targets)
    if (target.on !== undefined) found.set(target.on, [...(found.get(target.on) ?? []), target]);
  return found;
}

/** Versions of the runtimes that targets make use of on another machine, by their ids. @throws `target.lacking` */
export function versionsOn(targets: readonly Target[], { runtimes }: OtherMachine): Map<string, string> {
  const versions = [...runtimesOn(targets)].map((id): [string, string] => {
    const version = runtimes[id];
    if (version !== undefined) return [id, version];
    const asking = targets.find(({ runtime }) => runtime === id) ?? targets[0]!;
    const there =
      Object.keys(runtimes)
        .filter((one) => one !== 'onnxruntime')
        .join(', ') || 'none';
    throw new AppError('target.lacking', { target: targetName(asking), label: asking.on, runtime: id, there });
  });
  return new Map(versions);
}

/**
 * The machines that targets name. Where several have a label, the one with the smallest id stands for them; one that is silent counts where no
 * other has it, so that a run goes on with the rest until it is back.
 * @param problem of the server that agents meet on
 * @param planned what the machines of a run were when it was planned: its numbers are of these, where nobody has the label now
 * @throws `target.nobody`, `target.mixed`, `target.lacking`, `target.unknown`
 */
export function elsewhereOf(
  targets: readonly Target[],
  agents: readonly Agent[],
  planned: Readonly<Record<string, OtherMachine>> = {},
  problem?: string,
): Elsewhere {
  return new Map(
    [...targetsByLabel(targets)].map(([label, own]): [string, OtherMachine] => {
      const labelled = agents.filter(({ labels }) => labels.includes(label));
      const usable = labelled.filter(({ problem }) => problem === undefined);
      const heard = usable.filter(({ state }) => state !== 'silent');
      const [first, ...others] = (heard.length > 0 ? heard : usable).toSorted(byMachine);
      const before = planned[label];
      if (!first && before) return [label, before];
      if (!first) throw nobody(own[0]!, reasonOf(labelled) ?? problem ?? otherLabels(agents));
      for (const other of others) {
        const detail = differenceOf(first, other, runtimesOn(own));
        if (detail !== undefined)
          throw new AppError('target.mixed', { label, one: first.name, other: other.name, detail });
      }
      versionsOn(own, first);
      return [label, { machine: first.machine, runtimes: first.runtimes }];
    }),
  );
}

/** That no machine has the label of a target. */
export function nobody(target: Target, detail?: string): AppError {
  return new AppError('target.nobody', { target: targetName(target), label: target.on!, detail });
}

/** Why one that has a label gets no steps; undefined where nobody has it. */
const reasonOf = ([first]: readonly Agent[]): string | undefined =>
  first && `${first.name}: ${first.problem}`.replace(/[.]+$/, '');

/** A label that is there may be what was meant. */
function otherLabels(agents: readonly Agent[]): string | undefined {
  const labels = [...new Set(agents.flatMap((agent) => agent.labels))].toSorted();
  return labels.length > 0 ? `there are ${labels.map((label) => `"${label}"`).join(', ')}` : undefined;
}

const byMachine = ({ machine: { id: one } }: Agent, { machine: { id: other } }: Agent): number =>
  one < other ? -1 : Number(one > other);

/** In what two machines are not of one kind, as far as answers in these runtimes depend on it. */
function differenceOf(one: Agent, other: Agent, runtimes: Iterable<string>): string | undefined {
  const [own, theirs] = [one, other].map(({ machine: { isa } }) => isa.toSorted().join(' '));
  if (own !== theirs) return `their instruction sets are ${own || 'unknown'} and ${theirs || 'unknown'}`;
  for (const id of runtimes) {
    const [version = 'none', another = 'none'] = [one.runtimes[id], other.runtimes[id]];
    if (version !== another) return `their versions of ${id} are ${version} and ${another}`;
  }
  return undefined;
}
