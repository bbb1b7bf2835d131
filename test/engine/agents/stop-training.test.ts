import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RunProgress } from '@shared/run';
import { sweepFileSchema } from '@shared/sweep-file';
import { createEngine } from '../../../src/main/engine/create-engine';
import { furnish } from '../cli/laboratory';
import { Laboratory, natsServer, skipsWithoutServer } from './laboratory';

const folder = mkdtempSync(join(tmpdir(), 'whittle-stop-'));
const laboratory = new Laboratory(folder);
afterEach(() => {
  vi.unstubAllEnvs();
  laboratory.end();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(natsServer === undefined)(`a training that an agent does${skipsWithoutServer}`, () => {
  it('is stopped by hand for the run that stops it; another that waits for the same step has it trained on', async () => {
    await furnish(folder);
    const server = await laboratory.server();
    const home = join(folder, 'home');
    // Two slots: the training of the second holds up nothing of the first.
    const agent = await laboratory.agent('trainer', await laboratory.invite(home, server.url), ['--slots', '2']);
    await agent.says(/^Connected to/);
    vi.stubEnv('WHITTLE_HOME', home);
    const sweep = sweepFileSchema.parse({
      models: [join(folder, 'small.onnx')],
      dataset: { path: join(folder, 'images'), eval: 12, calibration: 6 },
      targets: [],
      // Far longer than anybody waits.
      recipes: {
        baseline: [],
        tuned: [
          { technique: 'prune.magnitude', params: {} },
          { technique: 'finetune', params: { iterations: 1_000_000, batch: 4 } },
        ],
      },
    });
    const begun = async (name: string) => {
      const progress: (RunProgress | null)[] = [];
      const events = { progress: (one: RunProgress | null): void => void progress.push(one) };
      const engine = await createEngine({ workspace: join(folder, name), events });
      await engine.machines.connect(server.url);
      const run = engine.runs.start(await engine.prepare(sweep));
      const trains = async (): Promise<void> => {
        while (!progress.at(-1)?.trainings || !/training/.test(progress.at(-1)?.stage ?? '')) await sleep(20);
      };
      return { engine, run, trains, trial: () => engine.runs.view(run.id).trials[1]! };
    };
    const [first, second] = [await begun('first'), await begun('second')];
    await Promise.all([first.trains(), second.trains()]);
    await vi.waitFor(
      () => expect(first.engine.agents()[0]!.steps).toMatchObject([{ kind: 'compress', trial: 'small · tuned' }]),
      10_000,
    );
    first.engine.runs.control(first.run.id).stopTraining('small/tuned');
    expect(await first.run.finished).toBe('done');
    const [training] = first.trial().training!;
    expect(training).toMatchObject({ technique: 'finetune', stopped: { of: 1_000_000 } });
    expect(first.trial().steps.map(({ stopped = false }) => stopped)).toEqual([false, true, true, true]);

    const { key } = first.trial().steps[1]!;
    const line = (what: string) => new RegExp(`^${key.slice(0, 8)} ${what}`);
    expect(agent.lines.filter((one) => line('done .*; training was stopped by hand').test(one))).toHaveLength(1);
    await agent.says(line('begins'), 2);
    await second.trains();
    second.engine.runs.control(second.run.id).stopTraining('small/tuned');
    expect(await second.run.finished).toBe('done');
    // From the checkpoint of the first.
    expect(second.trial().training![0]!.steps).toBeGreaterThan(training!.steps);
    expect(await second.engine.machines.coordinator!.board.outcome(key)).toMatchObject({ is: 'stopped' });
    first.engine.close();
    second.engine.close();
  }, 120_000);
});
