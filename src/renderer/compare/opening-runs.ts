import type { RunSummary } from '@shared/run';

/** Ids of the runs that stand beside each other; empty: none. */
export interface ChosenRuns {
  reference: string;
  candidate: string;
}

/** Those that say more than their name. */
export const readableOf = (list: readonly RunSummary[]): RunSummary[] =>
  list.filter(({ damaged }) => damaged === undefined);

/** One that still waits has nothing measured, and of a damaged one nobody knows what was. */
export const ranOf = (list: readonly RunSummary[]): RunSummary[] =>
  readableOf(list).filter(({ status }) => status !== 'queued');

const among = (list: readonly RunSummary[], id: string): boolean => list.some((run) => run.id === id);

/**
 * What was chosen, as far as it is still there; else the run before the latest and the latest. A run by itself is on both sides.
 * @param list latest first
 * @param other runs of another folder, where the reference comes from one: its latest stands for it
 */
export function openingRuns(
  { reference, candidate }: ChosenRuns,
  list: readonly RunSummary[],
  other?: readonly RunSummary[],
): ChosenRuns {
  const ran = ranOf(list);
  const besides = (id: string): string => (ran.find((run) => run.id !== id) ?? ran[0])?.id ?? '';
  const isKept = among(other ?? list, reference);
  const chosen = among(list, candidate) ? candidate : besides(isKept && !other ? reference : '');
  if (isKept) return { reference, candidate: chosen };
  return { reference: other ? (ranOf(other)[0]?.id ?? '') : besides(chosen), candidate: chosen };
}
