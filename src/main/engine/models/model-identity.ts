import { statSync } from 'node:fs';
import { hashFile } from '../store/artifacts';

/** Identity of everything a model consists of. */
export async function modelIdentity(path: string): Promise<{ sha256: string }> {
  return { sha256: await hashFile(path) };
}

/** Equal as long as no file of the model changed: the key to remember under what was read from it. */
export function modelStamp(path: string): string {
  const { size, mtimeMs, ino } = statSync(path);
  return [path, size, mtimeMs, ino].join('\n');
}
