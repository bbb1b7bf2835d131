import type { RunSummary } from '@shared/run';

export type RunSort = 'started' | 'name' | 'status' | 'trials' | 'elapsed';

/** What of the runs is shown, and in which order. */
export interface RunListView {
  /** Words that must all occur somewhere in what a run says of itself. */
  search: string;
  starredOnly: boolean;
  sort: RunSort;
  descending: boolean;
}

export const usualRunListView: RunListView = { search: '', starredOnly: false, sort: 'started', descending: true };

type Order = (a: RunSummary, b: RunSummary) => number;
const orders: Record<RunSort, Order> = {
  started: (a, b) => a.startedAt.localeCompare(b.startedAt),
  name: (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }),
  status: (a, b) => a.status.localeCompare(b.status),
  trials: (a, b) => a.trialsDone - b.trialsDone,
  elapsed: (a, b) => a.elapsedMs - b.elapsedMs,
};

/** Runs that match, in order; equal ones newest first. */
export function listRuns(runs: readonly RunSummary[], view: RunListView): RunSummary[] {
  const order = orders[view.sort];
  const sign = view.descending ? -1 : 1;
  return runs
    .filter((run) => (!view.starredOnly || run.starred) && matchesSearch(run, view.search))
    .sort((a, b) => sign * order(a, b) || b.startedAt.localeCompare(a.startedAt) || b.id.localeCompare(a.id));
}

/** Whether every word occurs in its name, networks, recipes, techniques, tags, note, dataset or status; "#tag" looks among tags alone. */
export function matchesSearch(run: RunSummary, search: string): boolean {
  const tags = run.tags.map((tag) => `#${tag}`);
  const { id, name, status, note, dataset, models, recipes, techniques } = run;
  const text = [id, name, status, note, dataset, ...models, ...recipes, ...techniques, ...tags]
    .join('\n')
    .toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** Tags as typed: separated by commas, each once, in the order they were given. */
export function parseTags(text: string): string[] {
  const words = text.split(',').map((word) => word.trim().replace(/^#/, ''));
  return [...new Set(words.filter(Boolean))];
}
