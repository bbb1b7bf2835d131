import type { AppError } from '@shared/errors';
import { runSummarySchema, type RunSummary } from '@shared/run';
import type { RunName, RunRecord, TrialCounts } from '../store/run-records';

const none: TrialCounts = { done: 0, failed: 0, skipped: 0, starred: 0, total: 0 };

/** A run as lists of runs show it. */
export function runSummary(record: RunRecord, counts: TrialCounts = none): RunSummary {
  const { id, name, status, startedAt, endedAt, elapsedMs = 0, sweep, manifest } = record;
  const techniques = Object.values(sweep.recipes).flatMap((recipe) => recipe.map(({ technique }) => technique));
  return {
    id,
    name,
    status,
    startedAt,
    endedAt,
    elapsedMs,
    trialsDone: counts.done,
    trialsFailed: counts.failed,
    trialsSkipped: counts.skipped,
    trialsTotal: counts.total,
    trialsStarred: counts.starred,
    note: record.note ?? '',
    tags: record.tags ?? [],
    starred: record.starred ?? false,
    models: manifest.models.map((model) => model.name),
    recipes: Object.keys(sweep.recipes),
    techniques: [...new Set(techniques)],
    dataset: manifest.dataset.name,
    machine: manifest.machine.cpu,
  };
}

/** The same of a run whose record cannot be read. */
export function damagedSummary(
  { id, name, startedAt, error }: Extract<RunName, { error: AppError }>,
  counts = none,
): RunSummary {
  return runSummarySchema.parse({
    id,
    name,
    status: 'failed',
    startedAt,
    trialsDone: counts.done,
    trialsFailed: counts.failed,
    trialsSkipped: counts.skipped,
    trialsTotal: counts.total,
    trialsStarred: counts.starred,
    damaged: error.message,
  });
}
