import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SensitivityReport } from '@shared/sensitivity';
import { temporaryFolder } from '../store/temporary-folder';
import { furnish } from './laboratory';
import { sentences, whittle } from './whittle';

let laboratory: string;
beforeAll(async () => {
  laboratory = await furnish(mkdtempSync(join(tmpdir(), 'whittle-laboratory-')));
});
afterAll(() => rmSync(laboratory, { recursive: true, force: true }));

function copied(): string {
  const folder = temporaryFolder();
  cpSync(laboratory, folder, { recursive: true });
  return folder;
}

const measure = (folder: string, ...words: string[]) =>
  whittle(folder, 'sensitivity', 'small.onnx', '--data', 'images', '--images', '12', ...words);
const layerNames = ['first', 'second', 'logits'];
type Told = SensitivityReport & { worst: string[]; recipe?: string };

describe('layers', () => {
  it('are listed worst first, with a recipe that spares the worst and that compress takes', async () => {
    const folder = copied();
    const ended = await measure(folder, '--recipe', 'quantize.static{weights:tensor, exclude:[second]}');
    expect(ended.code, ended.stderr).toBe(0);
    const [title, , header, rule, ...rows] = ended.stdout.split('\n');
    expect(title).toBe('small: each layer alone in int8, 12 calibration images, worst first');
    expect(header!.trim().split(/\s{2,}/)).toEqual(['layer', 'KL', 'SQNR dB', 'agree %', 'weights', 'of all %']);
    expect(rule).toMatch(/^─/);
    const cells = rows.slice(0, 2).map((row) => row.split(/\s+/));
    expect(cells.map(([layer]) => layer).sort()).toEqual(['first', 'logits']);
    const divergences = cells.map(([, , divergence]) => Number(divergence));
    expect(divergences[0]).toBeGreaterThanOrEqual(divergences[1]!);
    const recipe = /--recipe '(.+)'$/m.exec(ended.stdout)![1]!;
    expect(recipe).toContain(`exclude:[second, ${cells[0]![0]}]`);
    const compressed = ['compress', 'small.onnx', '--data', 'images', '--calibration', '6', '-o', 'x.onnx', '--recipe'];
    expect((await whittle(folder, ...compressed, recipe)).code).toBe(0);
  });

  it('are told as JSON, and from the cache when asked again', async () => {
    const folder = copied();
    const first = await measure(folder, '--json', '--bits', '2');
    const told = JSON.parse(first.stdout) as Told;
    expect(told).toMatchObject({ model: 'small', images: 12, method: { kind: 'bits', bits: [2] } });
    expect(told.layers.map(({ layer }) => layer)).toEqual(layerNames);
    for (const { effects } of told.layers) {
      expect(effects).toHaveLength(1);
      expect(effects[0]!.noise).toBeGreaterThan(0);
      expect(effects[0]!.sqnrDb).toBeCloseTo(-10 * Math.log10(effects[0]!.noise), 6);
    }
    expect(told.recipe).toMatch(/^quantize\.weights\{bits:2, exclude:\[/);
    // What is told then is what is stored.
    const steps = join(folder, 'home', 'cache', 'steps');
    const [stored, ...others] = readdirSync(steps).map((name) => join(steps, name));
    expect(others).toEqual([]);
    writeFileSync(stored!, readFileSync(stored!, 'utf8').replace('"images":12', '"images":11'));
    const again = await measure(folder, '--json', '--bits', '2');
    expect(JSON.parse(again.stdout)).toEqual({ ...told, images: 11 });
    const other = JSON.parse((await measure(folder, '--json', '--bits', '4')).stdout) as Told;
    expect(other.layers[0]!.effects[0]!.noise).toBeLessThan(told.layers[0]!.effects[0]!.noise);
  });

  it('have a column for each amount of pruning', async () => {
    const folder = copied();
    const usual = await measure(folder, '--prune');
    expect(usual.code, usual.stderr).toBe(0);
    expect(
      usual.stdout
        .split('\n')[2]!
        .trim()
        .split(/\s{2,}/),
    ).toEqual(['layer', '25 %', '50 %', '75 %', '90 %', 'weights', 'of all %']);
    const chosen = JSON.parse((await measure(folder, '--json', '--prune', '10,99')).stdout) as Told;
    for (const { effects } of chosen.layers) {
      expect(effects.map(({ amount }) => amount)).toEqual([0.1, 0.99]);
      expect(effects[0]!.divergence).toBeLessThan(effects[1]!.divergence);
    }
  });
});

describe('bad input', () => {
  const rows: { title: string; words: string[]; says: RegExp }[] = [
    { title: 'no images', words: ['small.onnx'], says: /^sensitivity: --data DIR is missing\./ },
    { title: 'an unknown model', words: ['smal', '--data', 'images'], says: /^No model "smal"/ },
    {
      title: 'bits out of range',
      words: ['small.onnx', '--data', 'images', '--bits', '9'],
      says: /^sensitivity: --bits takes a whole number from 1 to 8, not "9"\./,
    },
    {
      title: 'amounts out of range',
      words: ['small.onnx', '--data', 'images', '--prune', '50,100'],
      says: /^sensitivity: --prune takes up to 16 percents above 0 and up to 99 as in 25,50, not "50,100"\./,
    },
    {
      title: 'two methods',
      words: ['small.onnx', '--data', 'images', '--prune', '--bits', '4'],
      says: /^sensitivity: --bits, --prune and --recipe exclude each other\./,
    },
    {
      title: 'another technique',
      words: ['small.onnx', '--data', 'images', '--recipe', 'fp16'],
      says: /^sensitivity: --recipe takes one step of quantize\.static, not "fp16"\./,
    },
    {
      title: 'an unknown parameter',
      words: ['small.onnx', '--data', 'images', '--recipe', 'quantize.static{weigths:tensor}'],
      says: /^quantize\.static: "weigths" is not one of its parameters \(did you mean "weights"\?\)\./,
    },
    {
      title: 'a layer that is not there',
      words: ['small.onnx', '--data', 'images', '--images', '4', '--recipe', 'quantize.static{exclude:[none]}'],
      says: /: nothing in the network fits "none" of "exclude" \(its layers are "first", "second", "logits"\)\./,
    },
    {
      title: 'more images than there are',
      words: ['small.onnx', '--data', 'images', '--images', '500'],
      says: /images has 20 images for calibration, and 500 are asked for\./,
    },
  ];
  for (const { title, words, says } of rows) {
    it(title, async () => {
      const ended = await whittle(copied(), 'sensitivity', ...words);
      const [sentence, ...others] = sentences(ended.stderr);
      expect(sentence).toMatch(says);
      expect(others).toEqual([]);
      expect(ended.stderr).not.toMatch(/\n\s+at |undefined|\[object|node:/);
      expect(ended.stdout).toBe('');
      expect(ended.code).toBe(2);
    });
  }

  it('a network that is quantized already', async () => {
    const folder = copied();
    const recipe = ['--recipe', 'quantize.static', '--calibration', '4', '-o', 'int8.onnx'];
    expect((await whittle(folder, 'compress', 'small.onnx', '--data', 'images', ...recipe)).code).toBe(0);
    const ended = await whittle(folder, 'sensitivity', 'int8.onnx', '--data', 'images', '--images', '4');
    expect(sentences(ended.stderr)).toEqual([
      'sensitivity cannot be applied to small: the network computes in integers already, where this step works on a float network; measure the float network it came from.',
    ]);
    expect(ended.code).toBe(2);
  });
});
