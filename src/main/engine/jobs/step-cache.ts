import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cached } from '../compression/calibration/technique-context';
import { stepKey } from './step-key';
import { writeFileAtomic } from '../files/atomic-file';

/**
 * Results that steps of different recipes share, as JSON files named by the hash of everything they depend on. A file that is missing or
 * damaged is computed again.
 * @param scope what every key here depends on besides itself, e.g. the images
 */
export function stepCache(folder: string, ...scope: unknown[]): Cached {
  const pathOf = (key: unknown): string => join(folder, 'steps', `${stepKey(...scope, key)}.json`);
  const peek = async <T>(key: unknown): Promise<T | undefined> => {
    try {
      return JSON.parse(await readFile(pathOf(key), 'utf8')) as T;
    } catch {
      return undefined;
    }
  };
  const cached = async <T>(key: unknown, compute: () => Promise<T>): Promise<T> => {
    const stored = await peek<T>(key);
    if (stored !== undefined) return stored;
    const result = await compute();
    await mkdir(join(folder, 'steps'), { recursive: true });
    await writeFileAtomic(pathOf(key), JSON.stringify(result));
    return result;
  };
  return Object.assign(cached, { peek });
}
