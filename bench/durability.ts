/**
 * What it costs that a run survives: every file and every row of a finished workspace goes once more through the store, on the same disk, and
 * the time is set beside the steps' own. Flushing, hashing and journal count; goal: under 3 % of the wall time.
 * Usage: durability WORKSPACE
 */
import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { openWorkspace } from '../src/main/engine/store/workspace';
import { openDatabase, closeDatabase } from '../src/main/engine/store/database';

const folder = process.argv[2];
if (folder === undefined) throw new Error('usage: durability WORKSPACE');
const finished = openWorkspace(folder);
const connection = openDatabase(join(folder, 'whittle.db'));
const keys = (connection.prepare('SELECT key FROM step').all() as { key: string }[]).map(({ key }) => key);
closeDatabase(connection);
const steps = keys.map((key) => finished.steps.find(key)!);
const runs = finished.runs.list();

const copy = mkdtempSync(join(folder, 'durability-'));
const replay = openWorkspace(copy);
let [files, bytes, filesMs, rowsMs] = [0, 0, 0, 0];
try {
  for (const step of steps) {
    if (step.artifact !== undefined && finished.artifacts.has(step.artifact)) {
      const incoming = replay.artifacts.reserve(`${files}`);
      copyFileSync(finished.artifacts.path(step.artifact), incoming);
      bytes += statSync(incoming).size;
      files++;
      const from = performance.now();
      await replay.artifacts.adopt(incoming);
      filesMs += performance.now() - from;
    }
    const from = performance.now();
    replay.steps.record(step);
    rowsMs += performance.now() - from;
  }
} finally {
  replay.close();
  finished.close();
  rmSync(copy, { recursive: true, force: true });
}
const workMs = steps.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0);
const wallMs = runs.reduce((sum, { elapsedMs = 0 }) => sum + elapsedMs, 0);
const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
console.log(`${steps.length} steps, ${seconds(workMs)} of work, ${seconds(wallMs)} under way`);
console.log(`${files} files, ${(bytes / 1e6).toFixed(0)} MB, hashed, flushed, put in place: ${seconds(filesMs)}`);
console.log(`${steps.length} rows of the journal: ${seconds(rowsMs)}`);
console.log(`together ${((100 * (filesMs + rowsMs)) / wallMs).toFixed(2)} % of the wall time`);
