import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { AppError } from '@shared/errors';
import { renderReport } from '../../../src/main/engine/report/render-report';
import { openWorkspace, type Workspace } from '../../../src/main/engine/store/workspace';
import { RunManager } from '../../../src/main/engine/sweep/run-manager';
import { prepare, recipes } from '../sweep/prepared';
import { ScriptedExecutor } from '../sweep/scripted-executor';
import { numbersFrom } from '../techniques/small-networks';
import { temporaryFolder } from './temporary-folder';

/** How many journals are damaged; more with WHITTLE_BIT_FLIPS. */
const count = Number(process.env.WHITTLE_BIT_FLIPS ?? 40);

function managerOf(workspace: Workspace): RunManager {
  const executor = new ScriptedExecutor();
  executor.workspace = workspace.folder;
  return new RunManager(workspace, executor, { progress: () => undefined, trial: () => undefined });
}

const prepared = (workspace: Workspace) =>
  prepare(workspace, { recipes: { baseline: recipes.baseline, half: recipes.half } });

/** What somebody does with a folder of results; of what is thrown, only what no sentence was made for. */
async function unforeseen(folder: string): Promise<unknown[]> {
  const found: unknown[] = [];
  const attempt = async <T>(act: () => T | Promise<T>): Promise<T | undefined> => {
    try {
      return await act();
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code === 'internal') found.push(thrown);
      return undefined;
    }
  };
  const workspace = await attempt(() => openWorkspace(folder));
  if (!workspace) return found;
  try {
    const runs = managerOf(workspace);
    await attempt(() => runs.recover());
    await attempt(() => runs.list());
    for (const { id } of (await attempt(() => workspace.runs.names())) ?? []) {
      await attempt(() => renderReport(runs.view(id), 'md', {}));
      await attempt(() => runs.resume(id, prepared(workspace)).finished);
    }
    await attempt(() => runs.start(prepared(workspace)).finished);
    return found;
  } finally {
    workspace.close();
  }
}

it('a bit that fell anywhere in the journal is never an error that nobody foresaw', async () => {
  const whole = temporaryFolder();
  const workspace = openWorkspace(whole);
  await managerOf(workspace).start(prepared(workspace)).finished;
  workspace.close();
  const bytes = readFileSync(join(whole, 'whittle.db'));
  const folder = temporaryFolder();
  for (let seed = 1; seed <= count; seed++) {
    const random = numbersFrom(seed);
    const damaged = Buffer.from(bytes);
    for (let flip = 1 + Math.floor(random() * 4); flip > 0; flip--) {
      const at = Math.floor(random() * damaged.length);
      damaged[at]! ^= 1 << Math.floor(random() * 8);
    }
    const own = join(folder, String(seed));
    mkdirSync(own);
    cpSync(join(whole, 'artifacts'), join(own, 'artifacts'), { recursive: true });
    writeFileSync(join(own, 'whittle.db'), damaged);
    expect(await unforeseen(own), `seed ${seed}`).toEqual([]);
    rmSync(own, { recursive: true });
  }
}, 600_000);
