import { existsSync, mkdirSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { moveIntoPlace, writeError } from '../files/atomic-file';
import { hashFile } from '../files/hash-file';
import { isAlive } from '../files/is-alive';

export interface StoredFile {
  sha256: string;
  sizeBytes: number;
}

/** What a file on its way is called: by process, so that two which compute the same do not meet. */
export function incomingName(key: string): string {
  return `${process.pid}-${key}`;
}

/** Whether the process that writes it is another one, and alive. */
function isOfOthers(name: string): boolean {
  const pid = Number(/^(\d+)-/.exec(name)?.[1] ?? process.pid);
  return pid !== process.pid && isAlive(pid);
}

/** Files stored under their content hash: `artifacts/ab/abcdef….onnx`. */
export class ArtifactFolder {
  /** Stamps under which files were found to hold what their names say. */
  private readonly whole = new Map<string, string>();

  constructor(readonly folder: string) {}

  /** @param format the ending of its name */
  path(sha256: string, format = 'onnx'): string {
    return join(this.folder, sha256.slice(0, 2), `${sha256}.${format}`);
  }

  has(sha256: string, format = 'onnx'): boolean {
    return existsSync(this.path(sha256, format));
  }

  /** Whether a file holds what its name says: hashed the first time, and whenever it was touched since. */
  async isWhole(sha256: string, format = 'onnx'): Promise<boolean> {
    const path = this.path(sha256, format);
    const stamp = await stampOf(path);
    if (stamp === undefined) return false;
    if (this.whole.get(path) === stamp) return true;
    // What cannot be read is as good as gone.
    if ((await hashFile(path).catch(() => undefined)) !== sha256) return false;
    this.whole.set(path, stamp);
    return true;
  }

  /** A fresh path on the same file system where a worker may write; `adopt` or `discard` it. */
  reserve(name: string): string {
    const folder = join(this.folder, 'incoming');
    try {
      mkdirSync(folder, { recursive: true });
    } catch (thrown) {
      throw writeError(folder, thrown);
    }
    return join(folder, name);
  }

  /** Moves a finished file in, durably. */
  async adopt(path: string, format = 'onnx'): Promise<StoredFile> {
    const [sha256, { size }] = [await hashFile(path), await stat(path)];
    const destination = this.path(sha256, format);
    await mkdir(dirname(destination), { recursive: true }).catch((thrown: unknown) => {
      throw writeError(destination, thrown);
    });
    await moveIntoPlace(path, destination);
    const stamp = await stampOf(destination);
    if (stamp !== undefined) this.whole.set(destination, stamp);
    return { sha256, sizeBytes: size };
  }

  async discard(path: string): Promise<void> {
    await rm(path, { force: true });
  }

  /** Removes what crashed processes left behind. Only the holder of the run lock may call it. */
  async sweepIncoming(): Promise<void> {
    const folder = join(this.folder, 'incoming');
    const names = await readdir(folder).catch(() => []);
    const left = names.filter((name) => !isOfOthers(name));
    await Promise.all(left.map((name) => rm(join(folder, basename(name)), { force: true, recursive: true })));
  }
}

/** Changes whenever a file is written, also where its time of change is set back. */
async function stampOf(path: string): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found && [found.ino, found.size, found.mtimeNs, found.ctimeNs].join();
}
