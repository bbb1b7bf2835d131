import { AppError } from '@shared/errors';
import { createHash, hash } from 'node:crypto';
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { writeFileAtomic } from '../files/atomic-file';
import { concurrentMap } from './concurrent-map';

interface KnownFile {
  /** Size and modification time in nanoseconds: while they are the same, so is the hash. */
  stamp: string;
  hash: string;
}

/**
 * sha256 of many files below `root`. What was read once is remembered in `cacheFolder`, so that opening 50,000 images again
 * only looks at their sizes and times. The remembered file carries its own hash: damaged or missing, everything is read again.
 * @returns hashes in the order of `paths`; undefined where a file cannot be read
 * Throws `cancelled`.
 */
export async function hashFiles(
  root: string,
  paths: readonly string[],
  options: { cacheFolder: string; signal?: AbortSignal; progress?(done: number, total: number): void },
): Promise<(string | undefined)[]> {
  const indexPath = join(options.cacheFolder, 'hashes', `${hash('sha256', root).slice(0, 32)}.txt`);
  const known = await readIndex(indexPath);
  let changed = false;
  let done = 0;
  try {
    return await concurrentMap(paths, 16, async (path) => {
      if (options.signal?.aborted) throw new AppError('cancelled');
      const name = relative(root, path);
      const facts = await stat(path, { bigint: true }).catch(() => undefined);
      const stamp = `${facts?.size} ${facts?.mtimeNs}`;
      const remembered = known.get(name);
      let fileHash = remembered?.stamp === stamp ? remembered.hash : undefined;
      if (facts && fileHash === undefined) {
        fileHash = await hashFile(path).catch(() => undefined);
        if (fileHash !== undefined) known.set(name, { stamp, hash: fileHash });
        changed = true;
      }
      options.progress?.(++done, paths.length);
      return fileHash;
    });
  } finally {
    // Also after a cancellation: what was read need not be read again. Without room on the disk it simply is not remembered.
    if (changed) await writeIndex(indexPath, known).catch(() => undefined);
  }
}

async function hashFile(path: string): Promise<string> {
  const file = await open(path);
  try {
    const sum = createHash('sha256');
    const chunk = Buffer.allocUnsafe(256 * 1024);
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length);
      if (bytesRead === 0) return sum.digest('hex');
      sum.update(chunk.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/** The first line is the sha256 of the rest; then `hash size mtimeNs "name"` a line. */
async function readIndex(path: string): Promise<Map<string, KnownFile>> {
  const known = new Map<string, KnownFile>();
  const text = await readFile(path, 'utf8').catch(() => '');
  const firstLine = text.indexOf('\n');
  const body = text.slice(firstLine + 1);
  if (firstLine !== 64 || text.slice(0, 64) !== hash('sha256', body)) return known;
  for (const line of body.split('\n')) {
    const parts = /^([0-9a-f]{64}) (\d+ -?\d+) (".*")$/.exec(line);
    if (parts) known.set(JSON.parse(parts[3]!) as string, { hash: parts[1]!, stamp: parts[2]! });
  }
  return known;
}

async function writeIndex(path: string, known: ReadonlyMap<string, KnownFile>): Promise<void> {
  const body = [...known].map(([name, file]) => `${file.hash} ${file.stamp} ${JSON.stringify(name)}`).join('\n');
  await mkdir(join(path, '..'), { recursive: true });
  await writeFileAtomic(path, `${hash('sha256', body)}\n${body}`);
}
