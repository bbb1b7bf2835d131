import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '@shared/errors';

const reasons: Record<string, string> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  ENOENT: 'the folder does not exist',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'there is a folder of that name',
  ENOTEMPTY: 'there is a folder of that name',
  EEXIST: 'there is a file of that name',
  EROFS: 'the disk is read-only',
  ENAMETOOLONG: 'the name is too long',
  EFBIG: 'the disk does not allow files of that size',
  EBUSY: 'another program is using the file',
  EMFILE: 'too many files are open',
};

/** Whether a write failed for want of space, on the disk or of the person's share of it. */
export function isNoSpace(thrown: unknown): boolean {
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT';
}

/** A failed write as an error people can act on: `output.disk-full` or `output.unwritable`. */
export function writeError(path: string, thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code ?? '';
  if (isNoSpace(thrown)) return new AppError('output.disk-full', { path }, { cause: thrown });
  const detail = reasons[code] ?? (thrown instanceof Error ? thrown.message.split('\n')[0] : String(thrown));
  return new AppError('output.unwritable', { path, detail }, { cause: thrown });
}

/**
 * Writes a file in one step: readers see the old file or the whole new one, never a part, also after a power cut.
 * @param content text, bytes, or parts that are written one after another.
 * Throws `output.disk-full` or `output.unwritable`; nothing is left behind then.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array | readonly Uint8Array[],
): Promise<void> {
  const parts =
    typeof content === 'string' ? [Buffer.from(content)] : content instanceof Uint8Array ? [content] : content;
  // The same folder, because a rename is atomic only within one file system. Short, whatever the length of the name.
  const temporary = join(dirname(path), `.${basename(path).slice(0, 40)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await writeDurably(temporary, parts);
    await rename(temporary, path);
  } catch (thrown) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeError(path, thrown);
  }
  await syncFolder(dirname(path));
}

/**
 * Moves a finished file to its place on the same file system: flushed, then renamed, so that it is whole or absent there
 * after any crash. Throws `output.disk-full` or `output.unwritable`.
 */
export async function moveIntoPlace(source: string, destination: string): Promise<void> {
  try {
    const file = await open(source, 'r+');
    await file.sync().finally(() => file.close());
    await rename(source, destination);
  } catch (thrown) {
    throw writeError(destination, thrown);
  }
  await syncFolder(dirname(destination));
}

async function writeDurably(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for (const part of parts) {
      let written = 0;
      while (written < part.byteLength) {
        const { bytesWritten } = await file.write(part, written, part.byteLength - written);
        written += bytesWritten;
      }
    }
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the rename itself survive a power cut, where the system lets a folder be opened (Windows does not). */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    await folder.sync().finally(() => folder.close());
  } catch {
    // The file is complete either way.
  }
}
