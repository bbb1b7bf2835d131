import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { unpackArchive, type UnpackOptions } from '../../../src/main/engine/fetch/unpack-archive';
import { archiveOf, type Entry } from './archives';
import { temporaryFolder } from './temporary-folder';

const limits = { root: 'images', entries: 50, bytes: 200_000 };

async function unpacked(archive: Buffer, options: UnpackOptions = {}) {
  const folder = temporaryFolder();
  const inside = join(folder, 'below', 'deep');
  mkdirSync(inside, { recursive: true });
  writeFileSync(join(inside, 'a.tgz'), archive);
  const outcome = await unpackArchive(join(inside, 'a.tgz'), join(inside, 'images'), limits, options).then(
    () => 'done',
    (thrown: Error & { code: string }) => `${thrown.code}: ${thrown.message}`,
  );
  return { outcome, folder: join(inside, 'images'), all: readdirSync(folder, { recursive: true }).map(String).sort() };
}

const good: Entry[] = [
  { path: 'images/', type: 'Directory' },
  { path: 'images/val/n01440764/a.JPEG', content: 'first' },
  { path: 'images/val/n01440764/empty.JPEG' },
  { path: 'images/train/n02102040/b.JPEG', content: Buffer.alloc(70_000, 7) },
];

describe('unpackArchive', () => {
  it('writes folders and files below the destination, which appears when all is there', async () => {
    let seen = 0;
    const { outcome, folder, all } = await unpacked(archiveOf(good), {
      progress: (files) => (seen = files),
      finish: async (made) => {
        expect(existsSync(join(made, 'val'))).toBe(true);
        writeFileSync(join(made, 'dataset.json'), '{}');
        await Promise.resolve();
      },
    });
    expect(outcome).toBe('done');
    expect(seen).toBe(3);
    expect(readFileSync(join(folder, 'val/n01440764/a.JPEG'), 'utf8')).toBe('first');
    expect(readFileSync(join(folder, 'train/n02102040/b.JPEG'))).toEqual(Buffer.alloc(70_000, 7));
    expect(existsSync(join(folder, 'dataset.json'))).toBe(true);
    expect(all.filter((name) => name.includes('.tmp'))).toEqual([]);
  });

  const bomb = gzipSync(Buffer.alloc(50_000_000));
  it.each<[string, Buffer, RegExp]>([
    [
      'a path that leads out',
      archiveOf([...good, { path: 'images/../../escaped', content: 'x' }]),
      /unsafe.*leads out/,
    ],
    ['an absolute path', archiveOf([...good, { path: '/tmp/escaped', content: 'x' }]), /unsafe.*absolute/],
    ['a path of Windows', archiveOf([...good, { path: 'images\\..\\escaped', content: 'x' }]), /unsafe/],
    ['a drive', archiveOf([{ path: 'C:/escaped', content: 'x' }]), /unsafe/],
    [
      'a symbolic link',
      archiveOf([...good, { path: 'images/l', type: 'SymbolicLink', linkpath: '..' }]),
      /SymbolicLink/,
    ],
    [
      'a file through a symbolic link',
      archiveOf([
        { path: 'images/l', type: 'SymbolicLink', linkpath: '/tmp' },
        { path: 'images/l/escaped', content: 'x' },
      ]),
      /unsafe.*SymbolicLink/,
    ],
    ['a hard link', archiveOf([...good, { path: 'images/h', type: 'Link', linkpath: '/etc/passwd' }]), /unsafe.*Link/],
    ['a device', archiveOf([...good, { path: 'images/d', type: 'CharacterDevice' }]), /unsafe.*CharacterDevice/],
    ['a pipe', archiveOf([...good, { path: 'images/f', type: 'FIFO' }]), /unsafe.*FIFO/],
    ['the same name twice', archiveOf([good[1]!, good[1]!]), /unsafe.*twice/],
    ['a file in place of the root', archiveOf([{ path: 'images', content: 'x' }]), /unsafe.*in place of the folder/],
    ['another root', archiveOf([{ path: 'other/a', content: 'x' }]), /unsafe.*does not lie in images/],
    [
      'too many entries',
      archiveOf(Array.from({ length: 60 }, (_, index) => ({ path: `images/${index}` }))),
      /unsafe.*more than 50/,
    ],
    ['too many bytes', archiveOf([{ path: 'images/a', content: Buffer.alloc(250_000) }]), /unsafe.*200000 bytes/],
    ['a size that is only said', archiveOf([{ path: 'images/a', size: 1e12 }]), /unsafe.*200000 bytes/],
    ['a bomb of zeros', bomb, /archive\.(unsafe|damaged)/],
    ['a bomb in a bomb', gzipSync(bomb), /archive\.(unsafe|damaged)/],
    ['a cut archive', archiveOf(good).subarray(0, 200), /damaged/],
    ['a cut entry', archiveOf([{ path: 'images/a', content: 'x', size: 5000 }], { ends: false }), /damaged/],
    ['something else', Buffer.from('not an archive at all'), /damaged/],
    ['nothing', Buffer.alloc(0), /damaged/],
  ])('takes nothing of an archive with %s', async (_case, archive, sentence) => {
    const { outcome, all } = await unpacked(archive);
    expect(outcome).toMatch(sentence);
    expect(all).toEqual(['below', 'below/deep', 'below/deep/a.tgz']);
    expect(existsSync('/tmp/escaped')).toBe(false);
  });

  it('stops when it is told to', async () => {
    const { outcome, all } = await unpacked(archiveOf(good), { signal: AbortSignal.abort() });
    expect(outcome).toMatch(/^cancelled/);
    expect(all).toHaveLength(3);
  });
});
