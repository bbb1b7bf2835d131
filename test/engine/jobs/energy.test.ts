import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { builtFile } from '../../../src/main/engine/files/built-file';
import { energySensorFor } from '../../../src/main/engine/jobs/energy-sensor-for';
import type { SessionPairJob } from '../../../src/main/engine/jobs/job';
import { runInWorker } from '../../../src/main/engine/jobs/worker-process';
import { setAttribute, sysfsTrees, writeSysfs } from '../../fixtures/sysfs-energy';
import { saveSmallClassifier, smallCard } from '../measure/small-classifier';

const folders: string[] = [];
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));
function written(tree: Record<string, string>): string {
  folders.push(writeSysfs(tree));
  return folders.at(-1)!;
}
const onCpu = { runtime: 'ort-cpu', threads: 1 };
const onCoral = { runtime: 'edgetpu', device: 'usb:0', threads: 1 };

describe.skipIf(process.platform === 'win32')('energy of a measurement', () => {
  it.each<[string, Record<string, string>, Parameters<typeof energySensorFor>[0], string[] | undefined]>([
    ['processor', sysfsTrees.desktop, { target: onCpu, mode: 'brief' }, ['package-0']],
    ['Coral, which the processor does not count', sysfsTrees.desktop, { target: onCoral, mode: 'quick' }, undefined],
    [
      'Coral beside floats on the processor',
      { ...sysfsTrees.desktop, ...sysfsTrees.board },
      { target: onCoral, baselineTarget: onCpu, mode: 'quick' },
      ['ina226 VDD_5V'],
    ],
    ['battery, for whom there is no hurry', sysfsTrees.laptop, { target: onCpu, mode: 'rigorous' }, ['battery BAT0']],
    ['battery, for others', sysfsTrees.laptop, { target: onCpu, mode: 'quick' }, undefined],
    ['machine that tells nothing', sysfsTrees.none, { target: onCpu, mode: 'rigorous' }, undefined],
  ])('is read on a %s', async (_, tree, job, domains) => {
    expect((await energySensorFor(job, written(tree)))?.domains).toEqual(domains);
  });

  it('is integrated from a power by a thread, while inferences block the process of a pair', async () => {
    const root = written(sysfsTrees.board);
    setAttribute(root, 'class/hwmon/hwmon1/update_interval', 5);
    const folder = mkdtempSync(join(tmpdir(), 'energy-'));
    folders.push(folder);
    const weights = [
      [1, 0, 0],
      [0, 1, 0],
    ];
    const path = await saveSmallClassifier(join(folder, 'net.onnx'), { weights, idleLayers: 10 });
    const job: SessionPairJob = {
      kind: 'session-pair',
      candidatePath: path,
      baselinePath: path,
      card: smallCard(2),
      target: onCpu,
      seed: 1,
      order: { opensFirst: 'candidate', outerFirst: 'baseline', rounds: 4 },
      energySensor: (await energySensorFor({ target: onCpu, mode: 'quick' }, root))!,
    };
    const events = { progress: () => undefined, note: () => undefined, log: () => undefined };
    const { signal } = new AbortController();
    const { energy, candidateMs, ...rest } = await runInWorker(builtFile('worker.js'), job, events, {
      signal,
      graceMs: 500,
    });
    // Four watts all the while, to one look of the thread.
    for (const { joules, ms } of [energy!.idle, energy!.candidate, energy!.baseline])
      expect(joules / ms).toBeCloseTo(0.004, 4);
    expect(energy).toMatchObject({ domains: ['ina226 VDD_5V'], updateMs: 5, stepJoules: 0 });
    expect(energy!.candidate.images).toBe(candidateMs.length);
    expect(rest).not.toHaveProperty('spent');
  });
});
