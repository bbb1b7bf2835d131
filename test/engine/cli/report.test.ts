import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runViewSchema } from '@shared/run';
import type { RunComparison } from '@shared/run-comparison';
import { unzip } from '../../../scripts/electron-fallback/unzip.mjs';
import { createEngine } from '../../../src/main/engine/create-engine';
import { handlersOf } from '../../../src/main/engine/handlers';
import { openWorkspace } from '../../../src/main/engine/store/workspace';
import { asRecords, parseCsv } from '../../unit/report/parse-csv';
import { furnish, writeSweep } from './laboratory';
import { filesBelow, whittle } from './whittle';

interface Answers {
  topK: number[][];
  labels: number[];
}

let folder: string;
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
beforeAll(async () => {
  folder = await furnish(mkdtempSync(join(tmpdir(), 'whittle-report-')));
  writeSweep(folder, { recipes: 'recipes: { baseline: [], int8: [quantize.static], fp16: [fp16] }' });
});
afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

// The tests after this one work with its run and its reports.
it('reports say what the store holds', async () => {
  const ran = await whittle(folder, 'run', 'sweep.yaml', '--out', 'out');
  expect(ran.code, ran.stderr).toBe(0);
  const files = ['html', 'md', 'csv', 'matrix-csv', 'long-csv', 'json'];
  const words = files.flatMap((format) => [`--${format}`, `report.${format}`]);
  const reported = await whittle(folder, 'report', 'out', ...words);
  expect(reported.code, reported.stderr).toBe(0);

  // Top-1 recomputed from the stored answers, sizes from the files themselves.
  const store = openWorkspace(join(folder, 'out'));
  const [record] = store.runs.list();
  const [rows, long] = [asRecords(read('report.csv')), asRecords(read('report.long-csv'))];
  const [heads, ...matrix] = parseCsv(read('report.matrix-csv'));
  try {
    const trials = store.runs.trials<{ recipe: string; steps: { key: string; kind: string }[] }>(record!.id);
    expect(rows.map((row) => row.recipe)).toEqual(trials.map(({ plan }) => plan.recipe));
    for (const { plan } of trials) {
      const key = plan.steps.find(({ kind }) => kind === 'evaluate')!.key;
      const { topK, labels } = store.steps.find(key)!.result as Answers;
      const top1 = (100 * labels.filter((label, index) => topK[index]![0] === label).length) / labels.length;
      expect(Number(rows.find((row) => row.recipe === plan.recipe)!.top1_percent)).toBeCloseTo(top1, 2);
      const figure = long.find((row) => row.recipe === plan.recipe && row.metric === 'top1')!;
      expect(Number(figure.value)).toBeCloseTo(top1, 9);
      const line = matrix.find(([recipe]) => recipe === plan.recipe)!;
      expect(Number(line[heads!.indexOf('small, Top-1 %')])).toBeCloseTo(top1, 9);
      expect(read('report.md')).toContain(`| ${top1.toFixed(1)} [`);
      expect(read('report.html')).toContain(`data-value="${top1}"`);
    }
  } finally {
    store.close();
  }
  // The card's preprocessing is part of the method.
  expect(read('report.md')).toContain('short side to 36, bilinear; centre crop 32 x 32');
});

it('the JSON is the run on another machine', async () => {
  // The view from the file is the view from the store, to the byte of every report; only the cards are not there.
  const engine = await createEngine({ workspace: join(folder, 'out') });
  const elsewhere = await createEngine({ workspace: join(folder, 'other'), runFile: join(folder, 'report.json') });
  try {
    const [ours, theirs] = [engine, elsewhere].map((engine) => handlersOf(engine));
    const { run } = JSON.parse(read('report.json')) as { run: string };
    const request = { run };
    // As the window gets it: the contract lets nothing else through.
    expect(await theirs!['runs.get'](request)).toEqual(runViewSchema.parse(await ours!['runs.get'](request)));
    expect(await theirs!['runs.list']()).toEqual(await ours!['runs.list']());
    for (const refused of [
      () => theirs!['runs.resume'](request),
      () => theirs!['runs.get']({ ...request, against: 'int8' }),
      () => theirs!['runs.saveArtifact']({ ...request, trial: 'small/int8', path: join(folder, 'stolen.onnx') }),
      () => theirs!['trials.star']({ ...request, trial: 'small/int8', starred: true }),
      () => theirs!['runs.edit']({ ...request, name: 'mine' }),
      () => theirs!['trials.handOver']({ ...request, trial: 'small/int8', parent: folder }),
    ])
      await expect((async () => refused())()).rejects.toMatchObject({ code: 'results.read-only' });
    expect(existsSync(join(folder, 'stolen.onnx'))).toBe(false);
  } finally {
    engine.close();
    elsewhere.close();
  }
  const again = await whittle(folder, 'report', 'report.json', '--csv', 'again.csv', '--long-csv', 'again.long-csv');
  expect(again.code, again.stderr).toBe(0);
  expect(read('again.csv')).toBe(read('report.csv'));
  expect(read('again.long-csv')).toBe(read('report.long-csv'));
});

it('a part is reported where only a part is asked for', async () => {
  const part = await whittle(folder, 'report', 'out', '--only', 'fp16', '--metrics', 'size', '--matrix-csv', '-');
  expect(parseCsv(part.stdout).map((cells) => [cells[0], cells.length])).toEqual([
    ['recipe', 3],
    ['baseline', 3],
    ['fp16', 3],
  ]);
});

it('a trial is handed over as a folder and a zip, twice the same', async () => {
  const first = await whittle(folder, 'handover', 'out', 'int8', '-o', 'given', '--zip');
  expect(first.code, first.stderr).toBe(0);
  expect(filesBelow(join(folder, 'given'))).toEqual([
    'README.md',
    'classify.cpp',
    'classify.mjs',
    'classify.py',
    'labels.txt',
    'manifest.json',
    'report.html',
    'small-int8.card.json',
    'small-int8.onnx',
  ]);
  const manifest = JSON.parse(read('given/manifest.json')) as { files: { name: string; sha256: string }[] };
  for (const { name, sha256 } of manifest.files)
    expect(
      createHash('sha256')
        .update(readFileSync(join(folder, 'given', name)))
        .digest('hex'),
    ).toBe(sha256);
  expect(read('given/manifest.json')).not.toContain(folder);
  expect(read('given/report.html')).not.toContain('fp16');
  mkdirSync(join(folder, 'unzipped'));
  await unzip(join(folder, 'given.zip'), join(folder, 'unzipped'), (name: string) => name);
  for (const name of filesBelow(join(folder, 'given')))
    expect(
      readFileSync(join(folder, 'unzipped', 'given', name)).equals(readFileSync(join(folder, 'given', name))),
    ).toBe(true);
  const zip = readFileSync(join(folder, 'given.zip'));
  rmSync(join(folder, 'given'), { recursive: true });
  await whittle(folder, 'handover', 'out', 'small/int8', '-o', 'given', '--zip');
  expect(readFileSync(join(folder, 'given.zip')).equals(zip)).toBe(true);
});

it('what cannot be done gets a sentence', async () => {
  writeFileSync(join(folder, 'broken.json'), '{');
  mkdirSync(join(folder, 'full'));
  writeFileSync(join(folder, 'full', 'a'), '');
  for (const [refused, sentence] of [
    [['handover', 'out', 'int8', '-o', 'full'], 'full (the folder is not empty)'],
    [['handover', 'out', 'int9'], 'has no trial "int9". It has: small/baseline, small/int8, small/fp16.'],
    [['report', 'out', '--only', 'int9'], '--only knows baseline, int8, fp16, not "int9"'],
    [['report', 'out', '--paper', 'a5'], '--paper takes a4 or letter, not "a5"'],
    [['report', 'sweep.json'], 'sweep.json holds no results that can be shown: it cannot be read (ENOENT)'],
    [['open', 'broken.json'], 'broken.json holds no results that can be shown: it is not JSON, or cut short'],
  ] as const) {
    const ended = await whittle(folder, ...refused);
    expect(ended.stderr).toContain(sentence);
    expect(ended.code).toBe(2);
  }
});

it('a report is compared with a run, unpaired and saying so', async () => {
  const compared = await whittle(folder, 'compare', 'report.json', 'out', '--json');
  expect(compared.code, compared.stderr).toBe(0);
  const comparison = JSON.parse(compared.stdout) as RunComparison;
  expect(comparison.reference.source).toBe('report.json');
  expect(comparison.pairs).toHaveLength(3);
  expect(comparison.warnings).toContainEqual(expect.stringContaining('not at hand image by image'));
  for (const { answers } of comparison.pairs) {
    expect(answers[0]).toMatchObject({ isPaired: false, difference: 0, n: 12 });
    expect(answers[0]!.interval[0]).toBeLessThan(0);
    expect(answers[0]!.interval[1]).toBeGreaterThan(0);
  }

  const engine = await createEngine({ workspace: join(folder, 'out') });
  try {
    const path = join(folder, 'report.json');
    const [theirs] = await handlersOf(engine)['results.runs']({ folder: path });
    const [own] = engine.runs.list();
    expect(theirs!.id).toBe(own!.id);
    const words = { folder: path, reference: theirs!.id, candidate: own!.id };
    const asked = await handlersOf(engine)['results.compare'](words);
    // The command line's also carry its verdicts.
    expect(comparison.pairs).toMatchObject(asked.pairs.map(({ answers }) => ({ answers })));
    await expect(handlersOf(engine)['results.compare']({ ...words, reference: 'none' })).rejects.toThrow('No run');
  } finally {
    engine.close();
  }
});
