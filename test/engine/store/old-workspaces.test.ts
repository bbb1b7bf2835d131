import Database from 'libsql';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openWorkspace, type Workspace } from '../../../src/main/engine/store/workspace';
import { RunManager } from '../../../src/main/engine/sweep/run-manager';
import { ScriptedExecutor } from '../sweep/scripted-executor';
import { temporaryFolder } from './temporary-folder';

const folder = join(import.meta.dirname, '../../fixtures/workspaces');
const versions = readdirSync(folder).map((name) => Number(/^schema-(\d+)\.sql$/.exec(name)![1]));

function currentVersion(path: string): number {
  const raw = new Database(path);
  try {
    return (raw.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
  } finally {
    raw.close();
  }
}

/** A workspace as that schema had it, opened with this one. */
function migrated(version: number): Workspace {
  const home = temporaryFolder();
  const raw = new Database(join(home, 'whittle.db'));
  raw.exec(readFileSync(join(folder, `schema-${version}.sql`), 'utf8'));
  raw.close();
  const workspace = openWorkspace(home);
  onTestFinished(() => workspace.close());
  return workspace;
}

it('every schema before this one has a workspace here', () => {
  const home = temporaryFolder();
  openWorkspace(home).close();
  const earlier = Array.from({ length: currentVersion(join(home, 'whittle.db')) - 1 }, (_, index) => index + 1);
  expect(versions).toEqual(expect.arrayContaining(earlier));
});

it('rows of before stay as they are, and what a process of before still writes counts', () => {
  const home = temporaryFolder();
  const before = new Database(join(home, 'whittle.db'));
  onTestFinished(() => void before.close());
  before.exec(readFileSync(join(folder, 'schema-4.sql'), 'utf8'));
  const workspace = openWorkspace(home);
  onTestFinished(() => workspace.close());
  before.exec(`INSERT INTO step (key, kind, result, notes, elapsed_ms, finished_at)
    VALUES ('late', 'describe', '{"sizeBytes":3}', '[]', 1, '2026-01-01T00:00:00.000Z')`);
  expect(workspace.steps.find('late')).toMatchObject({ result: { sizeBytes: 3 } });
  const signed = 'SELECT count(*) AS count FROM step WHERE digest IS NOT NULL';
  expect(before.prepare(signed).get()).toMatchObject({ count: 0 });
});

describe.each(versions)('a workspace of schema %i', (version) => {
  it('is brought to this one and keeps runs, results, logs and settings', () => {
    const workspace = migrated(version);
    expect(currentVersion(join(workspace.folder, 'whittle.db'))).toBeGreaterThanOrEqual(version);
    expect(workspace.settings.get('modelFolder')).toBe('/models');
    expect(workspace.steps.find('c1')).toMatchObject({ artifact: 'ef'.repeat(32), notes: ['a note of compress'] });
    expect(workspace.steps.computedBy('r1').size).toBe(6);
    expect(workspace.runs.log('r1', 'net/half')).toEqual(['20:01:00  compress fp16: done in 0.1 s']);
    expect(workspace.runs.find('r1')!.elapsedMs).toBe(version > 1 ? 61_000 : 0);
  });

  it('shows its run, which was under way, with every number that it had', () => {
    const workspace = migrated(version);
    const silent = { progress: () => undefined, trial: () => undefined };
    const runs = new RunManager(workspace, new ScriptedExecutor(), silent);
    expect(runs.recover()).toEqual([{ id: 'r1', wasPaused: false }]);
    const view = runs.view('r1');
    expect(view).toMatchObject({ name: 'first sweep', status: 'interrupted', trialsDone: 1, trialsTotal: 2 });
    const [baseline, half] = view.trials;
    expect(baseline).toMatchObject({
      status: 'done',
      metrics: { sizeBytes: 1000, top1: 100, latency: [{ ratio: 1 }] },
    });
    expect(half).toMatchObject({
      status: 'interrupted',
      // Its file is not in this workspace any more.
      collected: true,
      metrics: { sizeBytes: 500, top1: 87.5, top1Delta: -12.5, latency: [] },
    });
  });
});
