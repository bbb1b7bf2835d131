import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** A file as the disk has it. */
export interface FoundFile {
  path: string;
  sizeBytes: number;
  /** Read or written last, milliseconds since 1970; as far as the file system says. */
  touchedMs: number;
  /** Other names it has: removing this one frees nothing then. */
  otherNames: number;
}

/** Every file below a folder; what vanishes meanwhile, and a folder that is not there, are left out. */
export async function filesBelow(folder: string): Promise<FoundFile[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  const found: FoundFile[] = [];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const facts = await stat(path).catch(() => undefined);
    if (!facts) continue;
    const { size, atimeMs, mtimeMs, nlink } = facts;
    found.push({ path, sizeBytes: size, touchedMs: Math.max(atimeMs, mtimeMs), otherNames: nlink - 1 });
  }
  return found;
}
