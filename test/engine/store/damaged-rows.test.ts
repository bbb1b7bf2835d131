import Database from 'libsql';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openWorkspace, type Workspace } from '../../../src/main/engine/store/workspace';
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
    // A row that an earlier version wrote, or another program.
    "UPDATE step SET digest = '' WHERE key = 'k'",
  ])('counts as none: %s', (edit) => {
    const { steps } = edited(edit);
    expect([steps.find('k'), steps.has('k'), steps.isDamaged('k')]).toEqual([undefined, false, true]);
    expect(steps.find('other')).toMatchObject({ result: { sizeBytes: 8 } });
    expect([steps.has('other'), steps.isDamaged('other'), steps.isDamaged('none')]).toEqual([true, false, false]);
    steps.record({ key: 'k', kind: 'describe', result: { sizeBytes: 7 }, notes: [], elapsedMs: 5 });
    expect([steps.has('k'), steps.isDamaged('k')]).toEqual([true, false]);
  });
});

it('a text that is no UTF-8 ends no process: its row is damaged, others are not', () => {
  const { steps } = edited("UPDATE step SET notes = CAST(X'5b22e422' || X'5d' AS TEXT) WHERE key = 'k'");
  expect([steps.isDamaged('k'), steps.has('other')]).toEqual([true, true]);
});

it('a setting that does not hold what was written there was never set', () => {
  expect(edited('UPDATE setting SET value = \'"two"\'').settings.get('cores')).toBeUndefined();
  expect(edited('').settings.get('cores')).toBe(2);
});
