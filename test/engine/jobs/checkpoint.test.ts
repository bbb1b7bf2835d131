import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build } from 'vite';
import { CheckpointFolder } from '../../../src/main/engine/store/checkpoint-folder';
import { LocalContents } from '../../../src/main/engine/sweep/local-contents';
import { LocalExecutor } from '../../../src/main/engine/sweep/local-executor';
import { card } from '../../unit/sweep/sweeps';
import { temporaryFolder } from '../store/temporary-folder';

const project = resolve(import.meta.dirname, '../../..');
let scripts: string;

// Inside the project, so that the script finds its packages.
beforeAll(async () => {
  mkdirSync(join(project, '.cache'), { recursive: true });
  scripts = mkdtempSync(join(project, '.cache', 'worker-'));
  await build({
    configFile: false,
    logLevel: 'error',
    resolve: { alias: { '@shared': join(project, 'src/shared') } },
    build: {
      ssr: join(import.meta.dirname, 'counting-worker.ts'),
      outDir: scripts,
      rolldownOptions: { output: { entryFileNames: 'worker.mjs' } },
    },
  });
});
afterAll(() => rmSync(scripts, { recursive: true, force: true }));

/** A workspace that knows one model, and an order that reads it. */
async function prepared() {
  const workspace = temporaryFolder();
  const path = join(workspace, 'net.onnx');
  writeFileSync(path, 'net');
  const contents = new LocalContents(workspace);
  const file = await contents.addModel({ path, sha256: createHash('sha256').update('net').digest('hex') });
  const order = { kind: 'convert', key: 'k', output: 'k', model: file, card, format: 'x', options: {} } as const;
  const log: string[] = [];
  const events = { progress: () => undefined, note: () => undefined, log: (line: string) => void log.push(line) };
  const run = () =>
    new LocalExecutor(join(scripts, 'worker.mjs'), workspace, 1).run(order, events, new AbortController().signal);
  return { workspace, path, contents, log, run };
}

describe('a long job', () => {
  it('goes on from its last checkpoint after it was killed, and leaves none when it has finished', async () => {
    const { workspace, contents, log, run } = await prepared();
    await expect(run()).rejects.toMatchObject({ code: 'worker.crashed' });
    expect(readdirSync(join(workspace, 'checkpoints', 'k')).sort()).toEqual(['2.checkpoint', '3.checkpoint']);
    expect(await run()).toEqual({ sizeBytes: 3 });
    expect(log).toEqual(['starts after 0', 'starts after 3']);
    expect(existsSync(join(workspace, 'checkpoints', 'k'))).toBe(false);
    expect(readFileSync(contents.outputPath('k'), 'utf8')).toBe('six');
  });

  it('says when a model was changed or moved after it was opened', async () => {
    const { path, run } = await prepared();
    writeFileSync(path, 'another network');
    await expect(run()).rejects.toMatchObject({ code: 'model.changed', facts: { path } });
    rmSync(path);
    await expect(run()).rejects.toMatchObject({ code: 'model.changed', facts: { path } });
  });
});

describe('CheckpointFolder', () => {
  it('keeps the last two, and falls back to the one before where the last is damaged', async () => {
    const folder = temporaryFolder();
    const checkpoints = new CheckpointFolder(folder);
    expect(await checkpoints.latest()).toBeUndefined();
    for (const value of [1, 2, 3]) await checkpoints.save(Uint8Array.of(value));
    expect(readdirSync(folder).sort()).toEqual(['2.checkpoint', '3.checkpoint']);
    expect([...(await checkpoints.latest())!]).toEqual([3]);
    writeFileSync(join(folder, '3.checkpoint'), 'torn');
    expect([...(await checkpoints.latest())!]).toEqual([2]);
    await checkpoints.save(Uint8Array.of(4));
    expect([...(await checkpoints.latest())!]).toEqual([4]);
  });
});
