import Database from 'libsql';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunSummary } from '@shared/run';
import { storeRuns } from '../../fixtures/stored-runs';
import { temporaryFolder } from '../store/temporary-folder';
import { sentences, whittle } from './whittle';

function stored(): string {
  const folder = temporaryFolder();
  storeRuns(join(folder, 'home'), [
    { id: '20260101-203000-aaaa', name: 'first look', status: 'cancelled' },
    { id: '20260102-203000-bbbb', name: 'night', status: 'done', tags: ['paper'] },
  ]);
  return folder;
}

describe('whittle runs', () => {
  it('lists all of them, for people and for programs, and keeps what is said of them', async () => {
    const folder = stored();
    const listed = async (): Promise<RunSummary[]> =>
      JSON.parse((await whittle(folder, 'runs', '--json')).stdout) as RunSummary[];
    const { stdout } = await whittle(folder, 'runs');
    expect(stdout).toMatch(/20260102-203000-bbbb +night +done +9\/9 /);
    expect(stdout).toMatch(/20260101-203000-aaaa +first look +cancelled +1\/9 /);

    for (const words of [
      ['rename', 'first look', 'the first'],
      ['tag', '20260102', 'final, paper'],
      ['star', 'latest'],
      ['star', 'latest', 'mobilenetv2/int8'],
      ['note', 'latest', 'with the new images'],
    ]) {
      expect(await whittle(folder, 'runs', ...words), words.join(' ')).toMatchObject({ code: 0 });
    }
    expect(await listed()).toMatchObject([
      { name: 'night', tags: ['final', 'paper'], starred: true, trialsStarred: 1, note: 'with the new images' },
      { name: 'the first', trialsDone: 1, trialsTotal: 9, elapsedMs: 3_725_000, dataset: 'images', machine: 'CPU' },
    ]);
    await whittle(folder, 'runs', 'tag', 'night', 'paper', '--remove');
    const deleted = await whittle(folder, 'runs', 'delete', 'the first');
    expect(deleted.stderr).toContain('"whittle runs restore 20260101-203000-aaaa" brings it back');
    expect(await listed()).toMatchObject([{ name: 'night', tags: ['final'] }]);
    const restored = await whittle(folder, 'runs', 'restore', 'the first', '--json');
    expect(JSON.parse(restored.stdout)).toMatchObject({ name: 'the first' });
    expect(await listed()).toHaveLength(2);
  });

  it.each([
    [['runs', 'burn'], 'it knows rename, note, tag, star, delete, restore, remake, not "burn"'],
    [['runs', 'rename', 'night'], 'TEXT is missing'],
    [['runs', 'star', 'night', 'net/none'], 'has no trial "net/none". It has: mobilenetv2/baseline, '],
    [['runs', 'delete', 'night', 'first look'], '"first look" is one argument too many for delete'],
    [['runs', 'restore', 'night'], 'No run "night"'],
    [['clean'], 'no disk budget is set; say what may stay with --budget 20GB'],
    [['clean', '--budget', 'much'], '"much" is no size'],
  ])('%j is refused with a sentence', async (words, sentence) => {
    const { code, stderr } = await whittle(stored(), ...words);
    expect([code, sentences(stderr).length]).toEqual([2, 1]);
    expect(stderr).toContain(sentence);
  });

  it.each([
    ['a sweep that was edited', "UPDATE run SET sweep = replace(sweep, 'baseline', 'b') WHERE name = 'night'"],
    ['a manifest that is no JSON', "UPDATE run SET manifest = '{' WHERE name = 'night'"],
    ['a status that there is not', "UPDATE run SET status = 'dine' WHERE name = 'night'"],
    ['a time that is none', "UPDATE run SET started_at = 'then' WHERE name = 'night'"],
    ['tags that are no list', "UPDATE run SET tags = '7' WHERE name = 'night'"],
    ['a plan that was edited', "UPDATE trial SET plan = '{}' WHERE run LIKE '%bbbb' AND position = 3"],
    ['a trial of a status that there is not', "UPDATE trial SET status = '' WHERE run LIKE '%bbbb' AND position = 3"],
    ['an error that is none', "UPDATE trial SET error = '[]' WHERE run LIKE '%bbbb' AND position = 3"],
  ])('%s: the run is told of with a sentence, the other can be read', async (_what, edit) => {
    const folder = stored();
    const database = new Database(join(folder, 'home', 'whittle.db'));
    database.exec(edit);
    database.close();
    const { code, stderr } = await whittle(folder, 'report', 'night');
    expect([code, sentences(stderr).length]).toEqual([2, 1]);
    expect(stderr).toMatch(/^The run "20260102-203000-bbbb" in .*whittle\.db is damaged: .+\. Run its sweep again/);
    expect(await whittle(folder, 'report', 'first look')).toMatchObject({ code: 0, stderr: '' });
    expect(await whittle(folder, 'runs', 'delete', 'night')).toMatchObject({ code: 0 });
    expect((await whittle(folder, 'runs')).stderr).toBe('');
  });

  it('clean says what it freed', async () => {
    const { code, stdout } = await whittle(stored(), 'clean', '--budget', '1GB');
    expect([code, stdout]).toEqual([0, 'Freed 0 B (0 files). 0 B are kept.\n']);
  });
});
