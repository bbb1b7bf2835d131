// The runtimes' native libraries for tests, into .cache/runtimes: each is fetched once and checked against its pinned hash. What cannot be had
// here is said and left out; the tests that need it are skipped with a line that says so.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, logLine, projectDir, run } from './ensure.mjs';

export const runtimesDir = join(projectDir, '.cache', 'runtimes');
const names = ['tflite', 'litert', 'openvino'];

export async function ensureRuntimes() {
  const missing = names.filter((name) => !existsSync(join(runtimesDir, name)));
  if (missing.length === 0) return;
  await ensureBuilt();
  const cli = join(projectDir, 'out', 'main', 'cli.js');
  for (const name of missing) {
    logLine(`Fetching ${name} ...`);
    const { code, output } = await run(process.execPath, [cli, 'get', name, '--yes', '--out', runtimesDir]);
    if (code !== 0) logLine(`${name} is not here, so its tests are skipped: ${output.split('\n').at(-1)}`);
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) await ensureRuntimes();
