import { app } from 'electron';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const kept = 10;
const path = (): string => join(app.getPath('userData'), 'recent-results.json');

/** Folders of results that a person opened and that still hold some, the last one first. */
export function recentResults(): string[] {
  try {
    const folders = z.array(z.string()).parse(JSON.parse(readFileSync(path(), 'utf8')));
    return folders.filter((folder) => existsSync(join(folder, 'whittle.db')));
  } catch {
    return [];
  }
}

/** Without room on the disk it is forgotten; the folder is open all the same. */
export function rememberResults(folder: string): void {
  try {
    const others = recentResults().filter((other) => other !== folder);
    writeFileSync(path(), JSON.stringify([folder, ...others].slice(0, kept)));
  } catch {
    return;
  }
}
