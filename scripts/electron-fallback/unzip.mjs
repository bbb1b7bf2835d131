import { createWriteStream } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import { openPromise } from 'yauzl';

const fileTypeMask = 0o170000;
const symlinkType = 0o120000;

/**
 * Unpacks a zip with its file modes and symbolic links.
 * @param {(path: string) => string | undefined} target an entry's path below `outDir`, or undefined to leave it out
 * @throws {Error} if an entry would land outside `outDir`
 */
export async function unzip(zipPath, outDir, target) {
  const zip = await openPromise(zipPath);
  try {
    for await (const entry of zip.eachEntry()) {
      const name = target(entry.fileName);
      if (name === undefined || name.endsWith('/')) continue;
      const path = inside(outDir, name);
      await mkdir(dirname(path), { recursive: true });
      const mode = entry.externalFileAttributes >>> 16;
      const content = await zip.openReadStreamPromise(entry);
      if ((mode & fileTypeMask) === symlinkType) {
        const link = await text(content);
        inside(outDir, join(dirname(name), link));
        await symlink(link, path);
      } else {
        await pipeline(content, createWriteStream(path, { mode: mode & 0o777 }));
      }
    }
  } finally {
    zip.close();
  }
}

function inside(outDir, name) {
  const path = join(outDir, name);
  if (!path.startsWith(resolve(outDir) + sep)) throw new Error(`The archive names a place outside its folder: ${name}`);
  return path;
}
