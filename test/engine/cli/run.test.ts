import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FlipReport } from '@shared/flips';
import { modelCardSchema } from '@shared/model-card';
import type { TrialMetrics } from '@shared/metrics';
import type { RunComparison } from '@shared/run-comparison';
import { openWorkspace, type Workspace } from '../../../src/main/engine/store/workspace';
import { temporaryFolder } from '../store/temporary-folder';
import { furnish, writeSweep } from './laboratory';
import { filesBelow, interrupt, sentences, start, whittle } from './whittle';

interface Results {
  run: string;
  status: string;
  trials: {
    model: string;
    recipe: string;
    status: string;
    artifactSha256: string;
    computedSteps: number;
    cachedSteps: number;
    metrics: TrialMetrics;
  }[];
}

/** Of the sweep without targets: describe and evaluate four files, and three compressions, one of them shared. */
const stepCount = 11;

let laboratory: string;
let undisturbed: Results;
beforeAll(async () => {
  laboratory = await furnish(mkdtempSync(join(tmpdir(), 'whittle-laboratory-')));
});
afterAll(() => rmSync(laboratory, { recursive: true, force: true }));

/** A fresh folder with the laboratory's model, images and sweep. */
function bench(): string {
  const folder = temporaryFolder();
  cpSync(laboratory, folder, { recursive: true });
  return folder;
}

const resultsOf = (folder: string): Results =>
  JSON.parse(readFileSync(join(folder, 'out', 'results.json'), 'utf8')) as Results;
const outcome = ({ trials }: Results) =>
  trials.map(({ model, recipe, status, artifactSha256, metrics: { latency: _timed, ...metrics } }) => ({
    model,
    recipe,
    status,
    artifactSha256,
    metrics,
  }));

/** Looks into the journal of `out`, beside the process that writes it. */
function look<T>(folder: string, see: (workspace: Workspace) => T): T {
  const workspace = openWorkspace(join(folder, 'out'));
  try {
    return see(workspace);
  } finally {
    workspace.close();
  }
}

function stepsIn(folder: string): string[] {
  if (!existsSync(join(folder, 'out', 'whittle.db'))) return [];
  return look(folder, ({ runs, steps }) => runs.list().flatMap((run) => [...steps.computedBy(run.id)]));
}

/** What the logs of all trials say is done. */
function finishedSteps(folder: string): string[] {
  return look(folder, ({ runs }) =>
    runs
      .list()
      .flatMap((run) => runs.trials(run.id).flatMap((trial) => runs.log(run.id, trial.id)))
      .filter((line) => line.includes(': done in')),
  );
}

describe('whittle run', () => {
  it('keeps compressed models under names that a file system takes, however long the recipes are', async () => {
    const folder = bench();
    const names = ['a', 'b'].map((end) => `${'я'.repeat(199)}${end}`);
    writeSweep(folder, { recipes: `recipes: { ${names.map((name) => `${name}: [fp16]`).join(', ')} }` });
    expect(await whittle(folder, 'run', 'sweep.yaml', '--out', 'out')).toMatchObject({ code: 0 });
    const stem = `small--${'я'.repeat(96)}`;
    expect(readdirSync(join(folder, 'out', 'models')).sort()).toEqual(
      ['-2.card.json', '-2.onnx', '.card.json', '.onnx'].map((end) => `${stem}${end}`),
    );
  });

  it('measures a sweep, prints the matrix and writes results, models and cards', async () => {
    const folder = bench();
    writeSweep(folder, { targets: 'targets: [{ runtime: ort-cpu, threads: 1 }]' });
    const first = await whittle(folder, 'run', 'sweep.yaml', '--out', 'out');
    expect(first).toMatchObject({ code: 0 });
    undisturbed = resultsOf(folder);

    expect(first.stdout).toMatch(/^small +size MB +of base +bits\/w +ort-cpu x1 ms +ratio \[95 %\] +top-1 % /);
    expect(first.stdout).toMatch(/^int8 .*×0\.\d+.*\[0?[\d., ]+\]/m);
    expect(first.stdout).toMatch(/Best within drop<=1 on ort-cpu x1:\nsmall: none passes; nearest .*settle it/s);
    expect(sentences(first.stderr)).toEqual([
      'Only 12 evaluation images: accuracy intervals will be wide.',
      expect.stringMatching(/^Run \S+: 4 of 4 trials done\. Results in out$/) as string,
    ]);

    const rows = readFileSync(join(folder, 'out', 'matrix.csv'), 'utf8')
      .trimEnd()
      .split('\r\n');
    expect(rows).toHaveLength(5);
    expect(undisturbed.trials.map((trial) => [trial.recipe, trial.status, trial.computedSteps])).toEqual([
      ['baseline', 'done', 3],
      ['int8', 'done', 4],
      ['pruned', 'done', 4],
      ['both', 'done', 5],
    ]);
    for (const { metrics, recipe } of undisturbed.trials) {
      expect(metrics.n).toBe(12);
      expect(metrics.latency).toHaveLength(1);
      expect(metrics.latency[0]!.p50Ms).toBeGreaterThan(0);
      if (recipe !== 'baseline') expect(metrics.agreement).toBeGreaterThan(0);
    }

    const models = join(folder, 'out', 'models');
    expect(readdirSync(models).sort()).toEqual(
      ['both', 'int8', 'pruned'].flatMap((recipe) => [`small--${recipe}.card.json`, `small--${recipe}.onnx`]),
    );
    const card = modelCardSchema.parse(JSON.parse(readFileSync(join(models, 'small--int8.card.json'), 'utf8')));
    expect(card).toMatchObject({
      file: 'small--int8.onnx',
      title: 'small (quantize.static)',
      sha256: undisturbed.trials[1]!.artifactSha256,
    });
    expect(filesBelow(join(folder, 'out')).filter((path) => /\.tmp$|incoming\//.test(path))).toEqual([]);

    // What came out can go in again.
    const inspected = await whittle(folder, 'inspect', 'out/models/small--int8.onnx', '--json');
    expect(JSON.parse(inspected.stdout)).toMatchObject({ sha256: card.sha256, opset: expect.any(Number) as number });
    const evaluated = await whittle(
      folder,
      'eval',
      'out/models/small--int8.onnx',
      '--data',
      'images',
      '--limit',
      '12',
      '--json',
    );
    expect(JSON.parse(evaluated.stdout)).toMatchObject({
      metrics: { n: 12, top1: undisturbed.trials[1]!.metrics.top1 },
    });

    // The same again computes nothing.
    const second = await whittle(folder, 'run', 'sweep.yaml', '--out', 'out', '--json');
    expect(second.code).toBe(0);
    const again = JSON.parse(second.stdout) as Results;
    expect(again.run).not.toBe(undisturbed.run);
    expect(again.trials.map((trial) => trial.computedSteps)).toEqual([0, 0, 0, 0]);
    expect(again.trials.map((trial) => trial.metrics)).toEqual(undisturbed.trials.map((trial) => trial.metrics));

    const report = await whittle(folder, 'report', 'out', '--csv', 'again.csv', '--html', 'again.html', '--json', '-');
    expect(report.code).toBe(0);
    expect(JSON.parse(report.stdout)).toMatchObject({ run: again.run });
    expect(readFileSync(join(folder, 'again.csv'), 'utf8')).toBe(`${rows.join('\r\n')}\r\n`);
    expect(readFileSync(join(folder, 'again.html'), 'utf8')).toMatch(/^<!doctype html>/);

    const against = async (recipe: string): Promise<Results & { comparedWith: string }> =>
      JSON.parse((await whittle(folder, 'report', 'out', '--against', recipe, '--json', '-')).stdout) as never;
    const [int8, both] = [await against('int8'), await against('both')];
    expect(int8.comparedWith).toBe('int8');
    expect(int8.trials[3]!.metrics.top1Delta).toBeCloseTo(-both.trials[1]!.metrics.top1Delta!, 9);
    expect(int8.trials[3]!.metrics.latency[0]!.ratio).toBeCloseTo(1 / both.trials[1]!.metrics.latency[0]!.ratio, 9);
    const shown = await whittle(folder, 'report', 'out', '--against', 'int8', '--csv', 'against.csv');
    expect(shown.code).toBe(0);
    expect(readFileSync(join(folder, 'against.csv'), 'utf8')).toMatch(/^small,both,[^\r]*,done,int8,/m);
    expect((await whittle(folder, 'report', 'out', '--against', 'int8')).stdout).toMatch(/^small +size MB +of ref /);
    const flips = await whittle(folder, 'flips', 'out', 'small/both', '--csv', 'flips.csv', '--json');
    expect(flips.code).toBe(0);
    const found = JSON.parse(flips.stdout) as FlipReport;
    expect(found).toMatchObject({ reference: 'baseline', images: 12, labelled: 12 });
    const share = (100 * found.flips.length) / found.images;
    expect(share).toBeCloseTo(100 - undisturbed.trials[3]!.metrics.agreement!, 9);
    const written = readFileSync(join(folder, 'flips.csv'), 'utf8').trimEnd().split('\r\n');
    expect(written).toHaveLength(1 + found.flips.length);
    for (const line of written.slice(1))
      expect(line).toMatch(/^[0-9a-f]{64},[^,]*image-\d{3}\.jpg,(lost|gained|moved),/);
    const turned = await whittle(folder, 'flips', 'out', 'small/int8', '--against', 'both');
    expect(turned.stdout).toMatch(/^small\/int8 against both, ort-cpu: /);
    expect(await whittle(folder, 'flips', 'out', 'small/int4')).toMatchObject({ code: 2 });
    expect(await whittle(folder, 'report', 'out', '--against', 'int4')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('has no recipe "int4" to compare with. It has: baseline, int8,') as string,
    });

    // Two recipes of two runs are paired as within one run; what both runs show is not compared with itself.
    const compared = await whittle(
      folder,
      'compare',
      'out#latest~1',
      'out',
      '--recipe',
      'int8',
      '--with',
      'both',
      '--json',
    );
    expect(compared.code).toBe(0);
    const { pairs } = JSON.parse(compared.stdout) as RunComparison;
    expect(pairs).toHaveLength(1);
    expect(pairs[0]!.answers[0]).toMatchObject({ isPaired: true, n: 12 });
    expect(pairs[0]!.answers[0]!.difference).toBeCloseTo(int8.trials[3]!.metrics.top1Delta!, 9);
    expect(pairs[0]!.times[0]!.quotient!.ratio).toBeCloseTo(int8.trials[3]!.metrics.latency[0]!.ratio, 9);
    const alike = await whittle(folder, 'compare', 'out#latest~1', 'out#latest');
    expect(alike.stdout).toContain('4 trials show no clear difference; --all shows them.');
    expect(await whittle(folder, 'compare', 'out', 'elsewhere/out')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('There are no results in elsewhere/out') as string,
    });

    const gate = ['gate', 'out', '--against', 'out#latest~1', '--max-drop', '0.5', '--max-slowdown', '5%'];
    const passed = await whittle(folder, ...gate, '--max-growth', '0', '--junit', 'gate.xml');
    // Twelve images cannot tell half a point: a sentence, and no failure.
    expect(passed).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^cannot tell: small\/int8: top-1: .*\n0 of 12 checks broken, 4 cannot be told, 8 hold/ms,
      ) as string,
    });
    expect(readFileSync(join(folder, 'gate.xml'), 'utf8')).toContain('tests="12" failures="0" errors="0" skipped="4"');
    expect((await whittle(folder, ...gate, '--strict')).code).toBe(1);
    expect(await whittle(folder, 'gate', 'out', '--against', 'out')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('nothing to check') as string,
    });
  });

  it('goes on after a kill -9 without computing a finished step again, to the same results', async () => {
    const folder = bench();
    const killed = start(folder, ['run', 'sweep.yaml', '--out', 'out']);
    await expect.poll(() => stepsIn(folder).length, { timeout: 60_000, interval: 100 }).toBeGreaterThanOrEqual(4);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const before = stepsIn(folder);
    expect(before.length).toBeLessThan(stepCount);

    const resumed = await whittle(folder, 'run', 'sweep.yaml', '--out', 'out', '--resume', '--json');
    expect(resumed.code).toBe(0);
    expect(outcome(resultsOf(folder))).toEqual(outcome(undisturbed));
    const computed = stepsIn(folder);
    expect(look(folder, ({ runs }) => runs.list().map((run) => run.status))).toEqual(['done']);
    // One run did it all; the log tells that it did each step once.
    expect(computed).toHaveLength(stepCount);
    expect(computed).toEqual(expect.arrayContaining(before));
    expect(finishedSteps(folder)).toHaveLength(stepCount);
    expect(filesBelow(join(folder, 'out')).filter((path) => /\.tmp$|incoming\//.test(path))).toEqual([]);
  });

  it('takes several sweeps, checks all before the first begins, and runs one after another', async () => {
    const folder = bench();
    writeSweep(folder, { recipes: 'recipes: { baseline: [] }\nname: first' });
    cpSync(join(folder, 'sweep.yaml'), join(folder, 'first.yaml'));
    writeSweep(folder, { recipes: 'recipes: { baseline: [], half: [fp16] }\nname: second' });
    const both = await whittle(folder, 'run', 'first.yaml', 'sweep.yaml', '--out', 'out', '--json');
    expect(both.code).toBe(0);
    const reports = JSON.parse(both.stdout) as { trials: { recipe: string; status: string; cachedSteps: number }[] }[];
    expect(reports.map(({ trials }) => trials.map(({ recipe, status }) => `${recipe} ${status}`))).toEqual([
      ['baseline done'],
      ['baseline done', 'half done'],
    ]);
    expect(reports[1]!.trials[0]!.cachedSteps).toBe(2);
    expect(look(folder, ({ runs }) => runs.list().map(({ name, status }) => `${name} ${status}`))).toEqual([
      'second done',
      'first done',
    ]);

    writeSweep(folder, { models: 'models: [gone.onnx]' });
    const wrong = await whittle(folder, 'run', 'first.yaml', 'sweep.yaml', '--out', 'out');
    expect(wrong.code).toBe(2);
    expect(look(folder, ({ runs }) => runs.list())).toHaveLength(2);
  });

  it('refuses a second run on one folder, and stops cleanly at Ctrl-C with the finished steps kept', async () => {
    const folder = bench();
    const first = start(folder, ['run', 'sweep.yaml', '--out', 'out']);
    await expect.poll(() => stepsIn(folder).length, { timeout: 60_000, interval: 100 }).toBeGreaterThanOrEqual(1);
    const second = await whittle(folder, 'run', 'sweep.yaml', '--out', 'out');
    expect(second.code).toBe(2);
    expect(sentences(second.stderr).at(-1)).toBe(
      `Another run is using ${join(folder, 'out')} (process ${first.child.pid}). Wait for it to finish, or give this run its own folder with --out.`,
    );
    expect(second.stdout).toBe('');

    await expect.poll(() => stepsIn(folder).length, { timeout: 60_000, interval: 50 }).toBeGreaterThanOrEqual(3);
    interrupt(first.child);
    const stopped = await first.ended;
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain('Stopping. Finished steps are kept; run the same command again to go on.');
    expect(stopped.stderr).not.toMatch(/Error|\n {4}at /);
    const kept = stepsIn(folder);
    expect(kept.length).toBeGreaterThanOrEqual(3);
    expect(kept.length).toBeLessThan(stepCount);
    const cancelled = resultsOf(folder);
    expect(cancelled.status).toBe('cancelled');
    expect(
      cancelled.trials.map((trial) => trial.status).filter((status) => status !== 'done' && status !== 'cancelled'),
    ).toEqual([]);
    expect(cancelled.trials.some((trial) => trial.status === 'cancelled')).toBe(true);
    expect(filesBelow(join(folder, 'out')).filter((path) => /\.tmp$|incoming\//.test(path))).toEqual([]);

    const again = await whittle(folder, 'run', 'sweep.yaml', '--out', 'out', '--json');
    expect(again.code).toBe(0);
    expect(outcome(JSON.parse(again.stdout) as Results)).toEqual(outcome(undisturbed));
    expect(new Set(stepsIn(folder)).size).toBe(stepsIn(folder).length);
  });
});
