import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { download, type DownloadOptions, type Source } from '../../../src/main/engine/fetch/download';
import {
  alwaysWhole,
  dropsAfter,
  honest,
  saysLength,
  serveFile,
  sha256Of,
  status,
  wrongByteAt,
  type Answer,
} from './file-server';
import { temporaryFolder } from './temporary-folder';

const content = randomBytes(300_000);
const quick: DownloadOptions = { retryMs: 1, idleMs: 2000 };

function sourceOf(...urls: string[]): Source {
  return { urls, bytes: content.length, sha256: sha256Of(content) };
}

/** Fetches `content` from a server that follows the script. */
async function fetched(script: Answer[], options: DownloadOptions = {}) {
  const folder = temporaryFolder();
  const path = join(folder, 'network.onnx');
  const { url, ranges } = await serveFile(content, ...script);
  const outcome = await download(sourceOf(url), path, { ...quick, ...options }).then(
    () => 'done',
    (thrown: Error & { code: string }) => thrown.code,
  );
  return { outcome, ranges, folder, path, url };
}

describe('download', () => {
  it.each<[string, Answer[], number]>([
    ['an honest server', [honest], 1],
    ['a connection that drops twice', [dropsAfter(100_000), dropsAfter(80_000), honest], 3],
    ['a wrong byte once', [wrongByteAt(123_456), honest], 2],
    ['a length that is too small once', [saysLength(content.length - 10), honest], 2],
    ['a length that is too large once', [saysLength(content.length + 10), honest], 2],
    [
      'one that does all of this',
      [dropsAfter(90_000), dropsAfter(90_000), wrongByteAt(299_000), saysLength(content.length + 1), honest],
      5,
    ],
    ['a server without ranges', [dropsAfter(100_000), alwaysWhole], 2],
    ['a server that is busy at first', [status(503), status(429), honest], 3],
  ])('brings the very file from %s', async (_case, script, requests) => {
    const { outcome, path, folder, ranges } = await fetched(script);
    expect(outcome).toBe('done');
    expect(readFileSync(path).equals(content)).toBe(true);
    expect(ranges).toHaveLength(requests);
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('asks only for what is missing, also in a later call', async () => {
    const first = await fetched([dropsAfter(100_000), dropsAfter(80_000), honest]);
    expect(first.ranges[0]).toBeUndefined();
    const starts = first.ranges.slice(1).map((range) => Number(range?.match(/\d+/)?.[0]));
    expect(starts[0]).toBeGreaterThan(0);
    expect(starts[1]).toBeGreaterThan(starts[0]!);

    const abort = new AbortController();
    const stopped = await fetched([dropsAfter(100_000), status(500)], {
      signal: abort.signal,
      progress: (done) => done > 50_000 && setImmediate(() => abort.abort()),
    });
    expect(stopped.outcome).toBe('cancelled');
    expect(readdirSync(stopped.folder)).toEqual([expect.stringMatching(/^\.network.*\.part$/)]);
    const { url, ranges } = await serveFile(content, honest);
    await download(sourceOf(url), stopped.path, quick);
    expect(ranges[0]).toMatch(/^bytes=[1-9]\d*-$/);
    expect(readFileSync(stopped.path).equals(content)).toBe(true);
  });

  it.each<[string, Answer[], string]>([
    ['other bytes each time', [wrongByteAt(5)], 'download.damaged'],
    ['another length each time', [saysLength(40)], 'download.damaged'],
    ['nothing but drops', [dropsAfter(0)], 'download.unreachable'],
    ['no such file', [status(404)], 'download.refused'],
    ['a redirect to itself', [status(302, { location: '/file' })], 'download.unreachable'],
    ['a redirect to plain http elsewhere', [status(302, { location: 'http://example.org/x' })], 'download.insecure'],
  ])('leaves no file behind for %s', async (_case, script, code) => {
    const { outcome, path } = await fetched(script);
    expect(outcome).toBe(code);
    expect(() => readFileSync(path)).toThrow('ENOENT');
  });

  it('gives a silent server up', async () => {
    const { outcome } = await fetched([() => undefined], { idleMs: 30 });
    expect(outcome).toBe('download.unreachable');
  });

  it('refuses plain http to other machines before asking', async () => {
    const path = join(temporaryFolder(), 'x');
    await expect(download(sourceOf('http://192.0.2.1/x'), path, quick)).rejects.toMatchObject({
      code: 'download.insecure',
    });
  });

  it('goes to the next address when the first has not the file', async () => {
    const folder = temporaryFolder();
    const [gone, good] = [await serveFile(content, status(404)), await serveFile(content, honest)];
    await download(sourceOf(gone.url, good.url), join(folder, 'x'), quick);
    expect(readFileSync(join(folder, 'x')).equals(content)).toBe(true);
  });

  it('fetches nothing that is there, and replaces what is there and different', async () => {
    const folder = temporaryFolder();
    const { url, ranges } = await serveFile(content, honest);
    await writeFile(join(folder, 'x'), content);
    await download(sourceOf(url), join(folder, 'x'), quick);
    expect(ranges).toEqual([]);
    await writeFile(join(folder, 'x'), 'something else');
    await download(sourceOf(url), join(folder, 'x'), quick);
    expect(readFileSync(join(folder, 'x')).equals(content)).toBe(true);
  });

  it('reports bytes that only grow, to the last', async () => {
    const seen: number[] = [];
    await fetched([dropsAfter(100_000), honest], { progress: (done) => seen.push(done) });
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(content.length);
  });
});
