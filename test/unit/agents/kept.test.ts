import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ContentCache, rememberedId } from '../../../src/main/engine/agents/content-cache';
import { FileStore } from '../../../src/main/engine/agents/file-store';
import { unpack } from '../../../src/main/engine/agents/image-pack';
import { Link } from '../../../src/main/engine/agents/link';
import { imageListSchema, type AgentJob, type ImageList } from '../../../src/main/engine/agents/protocol';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'whittle-kept-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const cacheOf = (path: string, limitBytes: number): ContentCache =>
  new ContentCache(
    path,
    limitBytes,
    new FileStore(new Link({ server: 'nats://127.0.0.1:1', name: 'test', changed: () => undefined })),
  );

const image = Buffer.from('an image');
const hash = createHash('sha256').update(image).digest('hex');
const list = (sizeBytes: number): ImageList => ({
  split: 'eval',
  alreadyResized: true,
  entries: [[hash, 0, sizeBytes]],
});
async function* chunks(): AsyncGenerator<Uint8Array> {
  yield image.subarray(0, 3);
  yield image.subarray(3);
}

it('keeps an artifact that is to be uploaded, also where it is more than may be kept', async () => {
  const cache = cacheOf(folder, 10);
  await cache.open();
  const made = (name: string): string => {
    const path = join(folder, 'artifacts', name);
    mkdirSync(join(folder, 'artifacts'), { recursive: true });
    writeFileSync(path, Buffer.alloc(100));
    return path;
  };
  const [first, second] = [made('first'), made('second')];
  const release = await cache.keep(first);
  expect(existsSync(first)).toBe(true);
  release();
  await cache.keep(second);
  expect(existsSync(first)).toBe(false);
  expect(existsSync(second)).toBe(true);
});

it('keeps checkpoints of trainings that were cancelled as long as there is room, and none of one that is done', async () => {
  const write = (key: string, bytes: number): string => {
    const path = join(folder, 'checkpoints', key);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, '1.checkpoint'), Buffer.alloc(bytes));
    return path;
  };
  const [old, left] = [write('old', 600), write('left', 600)];
  utimesSync(old, 1, 1);
  const cache = cacheOf(folder, 1000);
  await cache.open();
  expect([existsSync(old), existsSync(left), cache.bytes]).toEqual([false, true, 600]);

  const job = (key: string): AgentJob => ({ key, files: [], images: [] }) as unknown as AgentJob;
  const never = new AbortController().signal;
  const training = await cache.gather(job('training'), never);
  const under = write('training', 900);
  const again = await cache.gather(job('left'), never);
  training.release();
  await vi.waitFor(() => expect(existsSync(under)).toBe(false));
  expect([existsSync(left), cache.bytes]).toEqual([true, 600]);
  rmSync(left, { recursive: true });
  again.release();
  await vi.waitFor(() => expect(cache.bytes).toBe(0));
});

it('unpacks images by their hashes, and says where they cannot be written', async () => {
  await unpack(list(image.length), chunks(), join(folder, 'pack'));
  expect(readFileSync(join(folder, 'pack', hash))).toEqual(image);
  await expect(unpack(list(image.length - 1), chunks(), join(folder, 'other'))).rejects.toMatchObject({
    code: 'agents.damaged',
  });
  writeFileSync(join(folder, 'file'), '');
  await expect(unpack(list(image.length), chunks(), join(folder, 'file', 'pack'))).rejects.toMatchObject({
    code: 'output.unwritable',
  });
});

it('takes no list of images that would not fit into memory', () => {
  expect(imageListSchema.safeParse(list(image.length)).success).toBe(true);
  expect(imageListSchema.safeParse(list(19e9)).success).toBe(false);
});

it('says that its folder cannot be made', async () => {
  writeFileSync(join(folder, 'file'), '');
  const path = join(folder, 'file', 'agent');
  await expect(cacheOf(path, 10).open()).rejects.toMatchObject({ code: 'output.unwritable' });
  await expect(rememberedId(path, () => '0'.repeat(12))).rejects.toMatchObject({ code: 'output.unwritable' });
});
