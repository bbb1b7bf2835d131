import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readSweep } from '../../../src/main/engine/sweep/read-sweep';
import { furnish } from '../cli/laboratory';
import { canMount, mountDisk } from '../store/small-disk';
import { temporaryFolder } from '../store/temporary-folder';
import { blows, campaign, table } from './campaign';

it.skipIf(process.platform === 'win32')(
  `a sweep ends with the same table whatever dies or is damaged meanwhile, and computes nothing twice${canMount ? '' : ' (the disk is not filled: only root on Linux may mount a small one)'}`,
  async () => {
    const folder = await furnish(temporaryFolder());
    const sweep = await readSweep(join(folder, 'sweep.yaml'));
    const calm = await campaign(sweep, join(folder, 'calm'));
    expect(calm.view.status).toBe('done');

    const disk = canMount ? mountDisk(folder, '48m') : undefined;
    const home = join(disk ?? folder, 'home');
    mkdirSync(home, { recursive: true });
    const planned = blows.filter((blow) => blow !== 'fill the disk' || disk !== undefined);
    const night = await campaign(sweep, home, [...planned, 'kill the engine', 'kill a worker'], {
      disk,
      spreadMs: 200,
    });
    expect(night.struck.length).toBeGreaterThan(3);
    expect(table(night.view)).toEqual(table(calm.view));
    expect(night.finished.length - new Set(night.finished).size).toBe(night.mended);
  },
);
