/**
 * A night in small: a sweep whose engine and workers are killed at random, whose disk is filled and one of whose artifacts is damaged, beside
 * the same sweep undisturbed. Goals: the same table in every number but times, and no step computed twice but what was damaged.
 * Usage: overnight-kills [sweep file] [engine kills] [worker kills] [seed] [model folder] [workspace of the undisturbed run, to be kept]
 * Where the workspace holds that run already, nothing of it is computed again.
 * The disk is filled only where this process may mount one of its own (root on Linux).
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { starterSweep } from '../src/main/engine/starter';
import { locateModel } from '../src/main/engine/models/model-folder';
import { readSweep } from '../src/main/engine/sweep/read-sweep';
import { campaign, table, type Blow } from '../test/engine/sweep/campaign';

const [file, engineKills = '10', workerKills = '10', seed = '1', modelFolder = '../shared/zoo', kept] =
  process.argv.slice(2);
const read = file ? await readSweep(resolve(file)) : starterSweep();
const sweep = { ...read, models: read.models.map((model) => locateModel(model, resolve(modelFolder))) };

const folder = mkdtempSync(join(tmpdir(), 'overnight-kills-'));
const disk = join(folder, 'disk');
mkdirSync(disk);
let mounted = false;
try {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3g', 'tmpfs', disk], { stdio: 'ignore' });
  mounted = true;
} catch {
  console.log('The disk is not filled: this process may not mount one.');
}

try {
  const say = (line: string): void => console.log(line);
  const calm = await campaign(sweep, kept === undefined ? join(folder, 'calm') : resolve(kept));
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  console.log(
    `undisturbed: ${calm.finished.length} steps, ${seconds(calm.wallMs)}, of them ${seconds(calm.computedMs)} in workers`,
  );
  const planned: Blow[] = [
    ...Array<Blow>(Number(engineKills)).fill('kill the engine'),
    ...Array<Blow>(Number(workerKills)).fill('kill a worker'),
    'damage an artifact',
    'restart all',
    ...(mounted ? (['fill the disk'] as const) : []),
  ];
  const home = join(disk, 'home');
  const night = await campaign(sweep, home, planned, { seed: Number(seed), disk: mounted ? disk : undefined, say });
  const twice = night.finished.length - new Set(night.finished).size;
  const isSame = isDeepStrictEqual(table(night.view), table(calm.view));
  console.log(`disturbed: ${night.struck.length} of ${planned.length} blows, ${seconds(night.wallMs)}`);
  console.log(`steps finished twice: ${twice}, files made again: ${night.mended}`);
  console.log(`table: ${isSame ? 'identical but for times' : 'NOT identical'}`);
  if (!isSame) {
    const calmRows = table(calm.view) as { id: string }[];
    for (const [at, row] of (table(night.view) as { id: string }[]).entries())
      if (!isDeepStrictEqual(row, calmRows[at]))
        console.log(JSON.stringify(row), '\n instead of', JSON.stringify(calmRows[at]));
  }
  process.exitCode = isSame && twice === night.mended ? 0 : 1;
} finally {
  if (mounted) execFileSync('umount', ['--lazy', disk]);
  rmSync(folder, { recursive: true, force: true });
}
