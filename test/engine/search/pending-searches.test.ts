import { expect, it } from 'vitest';
import { sweepFileSchema, type SweepFile } from '@shared/sweep-file';
import { PendingSearches } from '../../../src/main/engine/search/pending-searches';
import { nextTimeOfDay } from '../../../src/main/engine/sweep/deadline';
import { managed } from '../sweep/managed';
import { prepare } from '../sweep/prepared';

const sweepNamed = (name: string, until?: string): SweepFile =>
  sweepFileSchema.parse({
    name,
    models: ['net'],
    dataset: { path: '/images' },
    recipes: { baseline: [] },
    search: {},
    ...(until !== undefined && { until }),
  });
const names = (pending: PendingSearches): string[] => pending.all.map(({ sweep }) => sweep.name);

it('outlive their process in their order, with what was said of them', () => {
  const { workspace } = managed();
  const pending = new PendingSearches(workspace);
  pending.add([{ sweep: sweepNamed('one') }, { sweep: sweepNamed('two') }]);
  pending.add([{ sweep: sweepNamed('three') }]);
  const first = pending.next()!;
  expect(pending.begin(first.id).sweep.name).toBe('one');
  pending.change(first.id, { isPaused: true, isFinishing: true });

  const after = new PendingSearches(workspace);
  expect(names(after)).toEqual(['one', 'two', 'three']);
  expect(after.next()).toMatchObject({ id: first.id, isPaused: true, isFinishing: true });
  expect(after.has(sweepNamed('two'))).toBe(true);
  expect(after.has(sweepNamed('two', '07:00'))).toBe(false);
  const ended = { name: 'one', run: 'its run' };
  after.end(first.id, ended);
  const later = new PendingSearches(workspace);
  expect(names(later)).toEqual(['two', 'three']);
  expect(later.ended).toEqual([ended]);
  later.forgetEnded();
  expect(new PendingSearches(workspace).ended).toEqual([]);
  after.removeOthers(undefined);
  expect(after.next()).toBeUndefined();
});

it('wait for a person who left, and then have all their time', () => {
  const { workspace } = managed();
  const pending = new PendingSearches(workspace);
  pending.add([{ sweep: sweepNamed('one', '07:00') }, { sweep: sweepNamed('two') }]);
  pending.begin(pending.next()!.id);
  pending.change(pending.all[0]!.id, { isPaused: true, beganAt: 1, deadline: 2 });
  pending.end('gone', { name: 'one' });
  pending.hold();

  const after = new PendingSearches(workspace);
  expect(after.isHeld).toBe(true);
  expect(after.ended).toEqual([]);
  expect(after.next()).toBeUndefined();
  after.release();
  expect(new PendingSearches(workspace).isHeld).toBe(false);
  const { id } = after.next()!;
  const from = Date.now();
  const { sweep, isPaused, beganAt, deadline } = after.begin(id);
  expect([sweep.name, isPaused]).toEqual(['one', undefined]);
  expect(beganAt).toBeGreaterThanOrEqual(from);
  expect(deadline).toBe(nextTimeOfDay('07:00', beganAt!));
});

it('have until the time of day that followed their first beginning, however often they begin', () => {
  const { workspace } = managed();
  const pending = new PendingSearches(workspace);
  pending.add([{ sweep: sweepNamed('one', '07:00') }, { sweep: sweepNamed('beside', '07:00'), deadline: 5 }]);
  const [one, beside] = pending.all;
  // Yesterday evening, say: what is over is over.
  pending.change(one!.id, { beganAt: 1000 });
  const { deadline } = pending.begin(one!.id);
  expect(deadline).toBe(nextTimeOfDay('07:00', 1000));
  expect(new PendingSearches(workspace).begin(one!.id)).toMatchObject({ beganAt: 1000, deadline });
  expect(pending.begin(beside!.id).deadline).toBe(5);
  pending.add([{ sweep: sweepNamed('without') }]);
  expect(pending.begin(pending.all[2]!.id).deadline).toBeUndefined();
});

it('stand behind the run of the recipes, as long as that is wanted', () => {
  const { workspace, runs } = managed();
  const pending = new PendingSearches(workspace);
  const [behind, cancelled, stopped] = [0, 1, 2].map(() => runs.enqueue(prepare(workspace)));
  pending.add([
    { sweep: sweepNamed('cancelled'), behind: cancelled },
    { sweep: sweepNamed('gone'), behind: 'no such run' },
    { sweep: sweepNamed('stopped'), behind: stopped },
    { sweep: sweepNamed('beside'), behind },
    { sweep: sweepNamed('plain') },
  ]);
  workspace.runs.setRunStatus(cancelled!, 'cancelled');
  workspace.runs.setRunStatus(stopped!, 'stopped');
  for (const status of ['queued', 'running', 'paused', 'interrupted'] as const) {
    workspace.runs.setRunStatus(behind!, status);
    expect(pending.next()?.sweep.name).toBe('plain');
  }
  expect(names(pending)).toEqual(['beside', 'plain']);
  for (const status of ['done', 'failed'] as const) {
    workspace.runs.setRunStatus(behind!, status);
    expect(pending.next()?.sweep.name).toBe('beside');
  }
});
