import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * A file built as an entry of its own (a worker, a thread). This code may lie beside it, in a shared chunk below it, or in a bundle
 * elsewhere in a checkout (benchmarks, tests).
 */
export function builtFile(name: string): string {
  const here = dirname(fileURLToPath(import.meta.url));
  const candidates = [join(here, name)];
  for (let folder = here; dirname(folder) !== folder; folder = dirname(folder)) {
    candidates.push(join(dirname(folder), name), join(folder, 'out', 'main', name));
  }
  return candidates.find((path) => existsSync(path)) ?? candidates[0]!;
}
