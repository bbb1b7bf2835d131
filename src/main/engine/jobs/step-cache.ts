import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stepKey } from './step-key';
import { writeFileAtomic } from '../files/atomic-file';

/**
 * Results that steps of different recipes share, as JSON files named by the hash of everything they depend on. A file that is missing or
 * damaged is computed again.
 * @param scope what every key here depends on besides itself, e.g. the images
 */
export function stepCache(
  folder: string,
  ...scope: unknown[]
): <T>(key: unknown, compute: () => Promise<T>) => Promise<T> {
  return async <T>(key: unknown, compute: () => Promise<T>): Promise<T> => {
    const path = join(folder, 'steps', `${stepKey(...scope, key)}.json`);
    const stored = await readFile(path, 'utf8').catch(() => '');
    try {
      return JSON.parse(stored) as T;
    } catch {
      const result = await compute();
      await mkdir(join(folder, 'steps'), { recursive: true });
      await writeFileAtomic(path, JSON.stringify(result));
      return result;
    }
  };
}
