import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { createEngine } from '../../../src/main/engine/create-engine';
import { handlersOf } from '../../../src/main/engine/handlers';
import { describeRuntimes } from '../../../src/main/engine/runtimes/describe-runtimes';
import { runtimePack, runtimePacks } from '../../../src/main/engine/runtimes/runtime-packs';
import { temporaryFolder } from '../store/temporary-folder';

const before = process.env.WHITTLE_OFFLINE;
afterEach(() => {
  if (before === undefined) delete process.env.WHITTLE_OFFLINE;
  else process.env.WHITTLE_OFFLINE = before;
});

it('fetches only what is known here, and nothing where downloads are off', async () => {
  process.env.WHITTLE_OFFLINE = '1';
  const engine = await createEngine({ workspace: join(temporaryFolder(), 'home') });
  try {
    const context = { progress: () => undefined, signal: new AbortController().signal };
    const get = async (name: string) => handlersOf(engine)['runtimes.get']({ name }, context);
    await expect(get('nonesuch')).rejects.toMatchObject({ code: 'download.unknown' });
    await expect(get(runtimePacks[0]!.name)).rejects.toMatchObject({ code: 'download.off' });
  } finally {
    engine.close();
  }
});

it('is offered where a library is missing and there is one for this platform', async () => {
  for (const { id, path, pack, command } of await describeRuntimes()) {
    if (path !== undefined || !runtimePack(id)) expect(pack, id).toBeUndefined();
    if (pack) expect(command, id).toBe(`whittle get ${id}`);
  }
});
