import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SweepPlan } from '@shared/sweep-plan';
import { parseSweep } from '../../../src/main/engine/sweep/read-sweep';
import { openWorkspace } from '../../../src/main/engine/store/workspace';
import { furnish } from './laboratory';
import { sentences, whittle } from './whittle';

let folder: string;
beforeAll(async () => {
  folder = await furnish(mkdtempSync(join(tmpdir(), 'whittle-dry-run-')));
  const sweep = `name: ranges
models: [small.onnx]
dataset: { path: images, eval: 12, calibration: 8 }
targets: []
recipes:
  baseline: []
  pruned: [{ prune.magnitude: { amount: { from: 0.3, to: 0.5, step: 0.1 } } }]
`;
  writeFileSync(join(folder, 'ranges.sweep.yaml'), sweep);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const names = ['baseline', 'pruned amount 0.3', 'pruned amount 0.4', 'pruned amount 0.5'];

describe('whittle run --dry-run', () => {
  it('says what would run and does nothing; afterwards the run shows the recipes, keeps the ranges, and what is left costs', async () => {
    const dry = await whittle(folder, 'run', 'ranges.sweep.yaml', '--out', 'out', '--dry-run');
    expect(dry.code).toBe(0);
    expect(dry.stdout).toMatch(/^recipes +baseline; pruned amount 0\.3; pruned amount 0\.4; pruned amount 0\.5$/m);
    expect(dry.stdout).toMatch(/^trials +4$/m);
    expect(dry.stdout).toMatch(/^steps +11; 0 more are shared between trials$/m);
    expect(dry.stdout).toMatch(/^time +no estimate yet: no step of these kinds has run on this machine$/m);
    expect(dry.stdout).toMatch(/^disk +up to [\d.]+ k?B, .* are free$/m);

    const run = await whittle(folder, 'run', 'ranges.sweep.yaml', '--out', 'out', '--json');
    expect(run.code).toBe(0);
    const { trials, sweep } = JSON.parse(run.stdout) as {
      trials: { recipe: string }[];
      sweep: { recipes: Record<string, unknown> };
    };
    expect(trials.map(({ recipe }) => recipe)).toEqual(names);
    expect(sweep.recipes.pruned, 'as it was written').toEqual([
      { technique: 'prune.magnitude', params: { amount: { from: 0.3, to: 0.5, step: 0.1 } } },
    ]);
    const workspace = openWorkspace(join(folder, 'out'));
    try {
      expect(workspace.runs.list().map((record) => record.sweep)).toEqual([sweep]);
    } finally {
      workspace.close();
    }

    const plan = async (...words: string[]): Promise<SweepPlan> => {
      const { code, stdout, stderr } = await whittle(folder, 'run', ...words, '--out', 'out', '--dry-run', '--json');
      expect(code, stderr).toBe(0);
      return JSON.parse(stdout) as SweepPlan;
    };
    const again = await plan('ranges.sweep.yaml');
    expect(again).toMatchObject({
      trials: 4,
      recipes: names,
      steps: 11,
      cachedSteps: 11,
      time: { lowMs: 0, highMs: 0 },
    });
    expect((await whittle(folder, 'run', 'ranges.sweep.yaml', '--out', 'out', '--dry-run')).stdout).toMatch(
      /^time +nothing is left to compute$/m,
    );

    const wider = readFileSync(join(folder, 'ranges.sweep.yaml'), 'utf8').replace('to: 0.5', 'to: 0.9');
    writeFileSync(join(folder, 'wider.yaml'), wider);
    const more = await plan('wider.yaml');
    expect(more).toMatchObject({ trials: 8, steps: 23, cachedSteps: 11, unknownSteps: 0 });
    expect(more.time!.lowMs).toBeGreaterThan(0);
    expect(more.time!.highMs).toBeGreaterThan(more.time!.lowMs);
  });

  it('plans a template on the models that are named, and writes it as a file', async () => {
    const words = ['--models', 'small.onnx', '--data', 'images'];
    const dry = await whittle(folder, 'run', '--template', 'quick', ...words, '--out', 'out', '--dry-run');
    expect(sentences(dry.stderr)).toEqual([expect.stringMatching(/^Only \d+ evaluation images/) as string]);
    expect(dry.stdout).toMatch(/^trials +5$/m);
    const listed = await whittle(folder, 'templates');
    expect(listed.stdout).toMatch(/^overnight +The recipes/m);
    const written = await whittle(folder, 'templates', 'overnight', ...words);
    expect(written.stdout).toMatch(
      /^# overnight\. Run it with:\n# {3}whittle run overnight\.sweep\.yaml --out results\/overnight\n/,
    );
    const sweep = parseSweep(written.stdout, 'overnight.sweep.yaml');
    expect(sweep.models).toEqual(['small.onnx']);
    expect(sweep.recipes.channels).toEqual([{ technique: 'prune.channels', params: { macs: [0.85, 0.7] } }]);
  });

  it('refuses a target on a machine that nobody is', async () => {
    const ranges = readFileSync(join(folder, 'ranges.sweep.yaml'), 'utf8');
    const nobody = 'No machine labelled "lab" is there for the target "ort-cpu x2 on lab"';
    for (const [on, sentence] of [
      ['lab', nobody],
      ['My Lab', 'give a label of up to 40 small letters, digits and hyphens, as in pi4'],
    ]) {
      const targets = `targets: [{ runtime: ort-cpu, threads: 2, on: ${on} }]`;
      writeFileSync(join(folder, 'away.yaml'), ranges.replace('targets: []', targets));
      const { code, stderr } = await whittle(folder, 'run', 'away.yaml', '--out', 'out', '--dry-run');
      expect([code, stderr]).toEqual([2, expect.stringContaining(sentence!) as string]);
    }
    const words = ['search', 'small.onnx', '--data', 'images', '--max-drop', '1', '--target', 'ort-cpu:2@lab'];
    const { code, stderr } = await whittle(folder, ...words, '--out', 'out');
    expect([code, stderr]).toEqual([2, expect.stringContaining(nobody) as string]);
  });

  it.each([
    [['run', '--template', 'quick'], 'The template "quick" needs a dataset: --data DIR.'],
    [['run', '--template', 'quik', '--data', 'images'], 'Unknown template "quik"; did you mean "quick"?'],
    [['run', 'ranges.sweep.yaml', '--template', 'quick'], 'run: give files or a template, not both.'],
    [
      ['run', 'ranges.sweep.yaml', '--data', 'images'],
      'run: --data is of use only with --template; the file names them.',
    ],
    [['run'], 'run: SWEEP.yaml is missing.'],
  ])('whittle %s', async (words, sentence) => {
    const { code, stderr } = await whittle(folder, ...words);
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
  });
});
