import Database from 'libsql';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openWorkspace, type Workspace } from '../../../src/main/engine/store/workspace';
import { run } from '../../unit/matrix/trials';
import { temporaryFolder } from './temporary-folder';

/** A workspace with a step and a setting, after somebody else's `edit` of its database. */
function edited(edit: string): Workspace {
  const folder = temporaryFolder();
  const first = openWorkspace(folder);
  first.steps.record({ key: 'k', kind: 'describe', result: { sizeBytes: 7 }, notes: ['a note'], elapsedMs: 5 });
  first.steps.record({ key: 'other', kind: 'describe', result: { sizeBytes: 8 }, notes: [], elapsedMs: 5 });
  first.settings.set('cores', 2);
  first.close();
  const database = new Database(join(folder, 'whittle.db'));
  database.exec(edit);
  database.close();
  const workspace = openWorkspace(folder);
  onTestFinished(() => workspace.close());
  return workspace;
}

describe('a row of a step that does not hold what was written there', () => {
  it.each([
    "UPDATE step SET result = '{\"sizeBytes\":6}' WHERE key = 'k'",
    "UPDATE step SET result = '{' WHERE key = 'k'",
    "UPDATE step SET notes = '7' WHERE key = 'k'",
    "UPDATE step SET elapsed_ms = 1e300 WHERE key = 'k'",
    "UPDATE step SET artifact = 'ef' WHERE key = 'k'",
    "UPDATE step SET kind = 'evaluate' WHERE key = 'k'",
    "UPDATE step SET digest = '' WHERE key = 'k'",
    // Texts that are no UTF-8, which the binding would end the process at.
    "UPDATE step SET result = CAST(X'7b22e4227d' AS TEXT) WHERE key = 'k'",
    "UPDATE step SET notes = CAST(X'5b22e4225d' AS TEXT) WHERE key = 'k'",
    "UPDATE step SET artifact = CAST(X'ff' AS TEXT), digest = NULL WHERE key = 'k'",
    "UPDATE step SET result = '{', digest = NULL WHERE key = 'k'",
    "UPDATE step SET notes = '7', digest = NULL WHERE key = 'k'",
  ])('counts as none: %s', (edit) => {
    const { steps } = edited(edit);
    expect([steps.find('k'), steps.has('k'), steps.isDamaged('k')]).toEqual([undefined, false, true]);
    expect(steps.find('other')).toMatchObject({ result: { sizeBytes: 8 } });
    expect([steps.has('other'), steps.isDamaged('other'), steps.isDamaged('none')]).toEqual([true, false, false]);
    steps.record({ key: 'k', kind: 'describe', result: { sizeBytes: 7 }, notes: [], elapsedMs: 5 });
    expect([steps.has('k'), steps.isDamaged('k')]).toEqual([true, false]);
  });
});

it('a row that is edited after it was read is damaged once it cannot be read', () => {
  const { steps, folder } = edited('');
  expect(steps.has('k')).toBe(true);
  const raw = new Database(join(folder, 'whittle.db'));
  raw.exec("UPDATE step SET result = '{' WHERE key = 'k'");
  raw.close();
  expect([steps.find('k'), steps.isDamaged('k'), steps.has('k')]).toEqual([undefined, true, false]);
});

it('a row that was written without a digest is taken for what it says', () => {
  const { steps, settings } = edited("UPDATE step SET digest = NULL WHERE key = 'k'; UPDATE setting SET digest = NULL");
  expect([steps.find('k')?.result, steps.has('k'), steps.isDamaged('k')]).toEqual([{ sizeBytes: 7 }, true, false]);
  expect(settings.get('cores')).toBe(2);
});

it('a digest does not become right by mending', () => {
  const folder = temporaryFolder();
  const first = openWorkspace(folder);
  // What a replacement character stands for is what was written.
  first.steps.record({ key: 'k', kind: 'describe', result: {}, notes: ['\uFFFD'], elapsedMs: 5 });
  first.steps.record({ key: 'other', kind: 'describe', result: {}, notes: ['\uFFFD'], elapsedMs: 5 });
  first.close();
  const raw = new Database(join(folder, 'whittle.db'));
  // One large and one negative: rowids go further than numbers are exact.
  raw.exec(`UPDATE step SET notes = CAST(X'5b22ff225d' AS TEXT), rowid = -7 WHERE key = 'k';
    UPDATE step SET rowid = 9223372036854775807 WHERE key = 'other'`);
  raw.close();
  const { steps, close } = openWorkspace(folder);
  onTestFinished(close);
  expect(['k', 'other'].map((key) => steps.isDamaged(key))).toEqual([true, false]);
});

it('what people said of a run is mended, and the run stays', () => {
  const folder = temporaryFolder();
  const first = openWorkspace(folder);
  first.runs.create({ ...run([]), id: 'r1' }, [{ id: 'm/a', plan: { x: 1 } }]);
  first.close();
  const raw = new Database(join(folder, 'whittle.db'));
  raw.exec("UPDATE run SET note = CAST(X'61ff' AS TEXT)");
  raw.close();
  const { runs, close } = openWorkspace(folder);
  onTestFinished(close);
  expect(runs.find('r1')).toMatchObject({ note: 'a\uFFFD' });
  expect(runs.trials('r1')).toMatchObject([{ plan: { x: 1 } }]);
});

it.each([
  ["UPDATE run SET id = CAST(X'72ff' AS TEXT)", 'r\uFFFD'],
  ["UPDATE trial SET plan = CAST(X'7b22e422' AS TEXT)", 'r1'],
])('a run is damaged, and the workspace opens: %s', (edit, id) => {
  const folder = temporaryFolder();
  const first = openWorkspace(folder);
  first.runs.create({ ...run([]), id: 'r1' }, [{ id: 'm/a', plan: { x: 1 } }]);
  first.close();
  const raw = new Database(join(folder, 'whittle.db'));
  raw.exec(`PRAGMA foreign_keys=OFF; ${edit}`);
  raw.close();
  const { runs, close } = openWorkspace(folder);
  onTestFinished(close);
  expect(() => (runs.find(id), runs.trials(id))).toThrow(expect.objectContaining({ code: 'run.damaged' }));
});

it('times of damaged rows tell nothing of what steps take', () => {
  const folder = temporaryFolder();
  const first = openWorkspace(folder);
  first.runs.create({ ...run([]), id: 'r1' }, []);
  const file = { kind: 'compress', result: { sizeBytes: 7 }, artifact: 'ab', notes: [], elapsedMs: 5 };
  for (const key of ['file', 'other file']) first.steps.record({ ...file, key }, 'r1');
  for (const key of ['answers', 'other answers'])
    first.steps.record({ ...file, kind: 'evaluate', artifact: undefined, key }, 'r1');
  first.close();
  const raw = new Database(join(folder, 'whittle.db'));
  raw.exec("UPDATE step SET elapsed_ms = 1e300 WHERE key LIKE 'other%'");
  raw.close();
  const { steps, close } = openWorkspace(folder);
  onTestFinished(close);
  expect(steps.costsOf('r1')).toEqual([
    { key: 'answers', elapsedMs: 5 },
    { key: 'file', elapsedMs: 5, sizeBytes: 7 },
  ]);
});

it('a setting that does not hold what was written there was never set', () => {
  expect(edited('UPDATE setting SET value = \'"two"\'').settings.get('cores')).toBeUndefined();
  expect(edited('').settings.get('cores')).toBe(2);
});
