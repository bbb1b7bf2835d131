import { describe, expect, it } from 'vitest';
import { run as view } from '../../unit/matrix/trials';
import { openTemporaryWorkspace } from '../sweep/prepared';
import type { RunRecord } from '../../../src/main/engine/store/run-records';

const { sweep, manifest } = view([]);
function marked(...ids: string[]) {
  const workspace = openTemporaryWorkspace();
  for (const id of ids) {
    const record: RunRecord = { id, name: id, status: 'done', sweep, manifest, startedAt: '2026-01-01T00:00:00Z' };
    workspace.runs.create(record, [
      { id: 'm/a', plan: {} },
      { id: 'm/b', plan: {} },
    ]);
  }
  return workspace;
}

describe('RunMarks', () => {
  it('changes what is given and leaves the rest, of that run alone', () => {
    const { runs, marks } = marked('r1', 'r2');
    expect(marks.edit('r1', { name: 'night', tags: ['a', 'b'], starred: true })).toBe(true);
    expect(marks.edit('r1', { note: 'read me', starred: false })).toBe(true);
    expect(marks.edit('r1', {})).toBe(true);
    expect(runs.find('r1')).toMatchObject({ name: 'night', note: 'read me', tags: ['a', 'b'], starred: false });
    expect(runs.find('r2')).toMatchObject({ name: 'r2', note: '', tags: [], starred: false });
    expect(marks.edit('none', { name: 'x' })).toBe(false);
    marks.edit('r1', { note: '', tags: [] });
    expect(runs.find('r1')).toMatchObject({ note: '', tags: [] });
  });

  it('stars and annotates trials, and counts them without reading plans', () => {
    const { runs, marks } = marked('r1');
    runs.setTrialStatus('r1', 'm/a', 'done');
    runs.setTrialStatus('r1', 'm/b', 'failed');
    expect([marks.star('r1', 'm/b', true), marks.annotate('r1', 'm/b', 'why')]).toEqual([true, true]);
    expect([marks.star('r1', 'm/c', true), marks.annotate('r2', 'm/b', 'why')]).toEqual([false, false]);
    expect(runs.trials('r1').map(({ starred, note }) => [starred, note])).toEqual([
      [false, ''],
      [true, 'why'],
    ]);
    expect(runs.counts().get('r1')).toEqual({ done: 1, failed: 1, skipped: 0, starred: 1, total: 2 });
    // A star outlives what the trial goes through.
    runs.replan('r1', [{ id: 'm/b' }], manifest);
    expect(runs.trials('r1')[1]).toMatchObject({ starred: true, note: 'why' });
  });

  it('hides a deleted run until it is restored, and removes it after a week', () => {
    const { runs, marks } = marked('r1', 'r2');
    expect(marks.delete('r1')).toBe(true);
    expect(runs.list().map(({ id }) => id)).toEqual(['r2']);
    expect(runs.find('r1')).toBeUndefined();
    expect(marks.deleted()).toEqual([{ id: 'r1', name: 'r1' }]);
    expect(marks.restore('r1')).toBe(true);
    expect(runs.find('r1')).toMatchObject({ id: 'r1' });
    expect(runs.trials('r1')).toHaveLength(2);

    marks.delete('r1');
    const day = 24 * 3_600_000;
    expect(marks.purge(Date.now() + 6 * day)).toBe(0);
    expect(marks.purge(Date.now() + 8 * day)).toBe(1);
    expect([marks.restore('r1'), runs.trials('r1').length, runs.list().length]).toEqual([false, 0, 1]);
  });

  it.each(['running', 'paused'] as const)('does not delete a run that is %s', (status) => {
    const { runs, marks } = marked('r1');
    runs.setRunStatus('r1', status);
    expect(marks.delete('r1')).toBe(false);
    expect(runs.find('r1')).toMatchObject({ status });
  });
});
