import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { AppError } from '@shared/errors';
import { parseSweep, readSweep } from '../../../src/main/engine/sweep/read-sweep';

const minimal = 'models: [net]\ndataset: { path: images }\nrecipes: { baseline: [] }\n';

function problem(text: string): string {
  try {
    parseSweep(text, 'a.yaml');
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(AppError);
    return (thrown as AppError).message;
  }
  return 'no problem';
}

describe('parseSweep', () => {
  it('fills in defaults', () => {
    expect(parseSweep(minimal, 'a.yaml')).toEqual({
      name: 'sweep',
      models: ['net'],
      dataset: { path: 'images', eval: 0, calibration: 256, train: 0, seed: 1 },
      targets: [{ runtime: 'ort-cpu', threads: 1 }],
      recipes: { baseline: [] },
      latency: 'quick',
      indifference: { time: 0.01, top1: 0 },
      seed: 1,
    });
  });

  it('reads what a night needs', () => {
    const night = 'limits: { stepMemoryMB: 2000, stepMinutes: 30 }\nuntil: 07:00\ncoolDownSeconds: 20\n';
    expect(parseSweep(`${minimal}${night}`, 'a.yaml')).toMatchObject({
      limits: { stepMemoryMB: 2000, stepMinutes: 30 },
      until: '07:00',
      coolDownSeconds: 20,
    });
    for (const [line, message] of [
      ['until: 24:00', 'a.yaml: "until": give a time of day, as in "07:00". Correct the sweep file.'],
      ['until: 7', 'a.yaml: "until": expected a text, found a number. Correct the sweep file.'],
      [
        'limits: { memory: 1 }',
        'a.yaml: "limits": "memory" is not known here; check the spelling. Correct the sweep file.',
      ],
      [
        'limits: { stepMemoryMB: 1 }',
        'a.yaml: "limits.stepMemoryMB": Too small: expected number to be >=128. Correct the sweep file.',
      ],
    ] as const)
      expect(problem(`${minimal}${line}\n`)).toBe(message);
  });

  it('reads every form of a step', () => {
    const { recipes } = parseSweep(
      `${minimal.replace('{ baseline: [] }', '')}  a: [fp16, { fp16: }, { prune.magnitude: { amount: 0.3 } }, { technique: x, params: { y: 1 } }]\n`,
      'a.yaml',
    );
    expect(recipes.a).toEqual([
      { technique: 'fp16', params: {} },
      { technique: 'fp16', params: {} },
      { technique: 'prune.magnitude', params: { amount: 0.3 } },
      { technique: 'x', params: { y: 1 } },
    ]);
  });

  it('reads training images as a number of the dataset or as another folder', () => {
    const withDataset = (more: string): string => minimal.replace('path: images', `path: images, ${more}`);
    const trained = (more: string): unknown => {
      const { train, trainPath } = parseSweep(withDataset(more), 'a.yaml').dataset;
      return { train, trainPath };
    };
    expect(trained('train: 500')).toEqual({ train: 500 });
    expect(trained('train: more/images')).toEqual({ train: 0, trainPath: 'more/images' });
    expect(trained('train: 500, trainPath: more/images')).toEqual({ train: 500, trainPath: 'more/images' });
    for (const [more, message] of [
      ['train: a, trainPath: b', 'a.yaml: "dataset.train": expected a number, found a text. Correct the sweep file.'],
      ['train: [a]', 'a.yaml: "dataset.train": expected a number, found a list. Correct the sweep file.'],
      ['trainPath: 5', 'a.yaml: "dataset.trainPath": expected a text, found a number. Correct the sweep file.'],
    ] as const)
      expect(problem(withDataset(more))).toBe(message);
  });

  it('reads the sweep again that it made', () => {
    const sweep = parseSweep(minimal, 'a.yaml');
    expect(parseSweep(JSON.stringify(sweep), 'a.yaml')).toEqual(sweep);
  });

  const recipe = (steps: string): string => minimal.replace('{ baseline: [] }', `{ x: ${steps} }`);
  it.each([
    ['models: [a\nname: b\n', /^a\.yaml, line 2: .+\. Correct the YAML\.$/],
    ['models: [a]\n\n\nname: "b\n', /^a\.yaml, line [45]: .+\. Correct the YAML\.$/],
    ['models: [a]\nmodels: [b]\n', /^a\.yaml, line 2: .*unique.*\. Correct the YAML\.$/],
    [`x: &x [1]\n${minimal}`, 'a.yaml: "x" is not known here; check the spelling. Correct the sweep file.'],
    ['', 'a.yaml: expected names with values, found nothing. Correct the sweep file.'],
    ['just words', 'a.yaml: expected names with values, found a text. Correct the sweep file.'],
    ['dataset: { path: images }\nrecipes: { b: [] }', 'a.yaml: "models": it is missing. Correct the sweep file.'],
    [minimal.replace('[net]', 'net'), 'a.yaml: "models": expected a list, found a text. Correct the sweep file.'],
    [
      minimal.replace('[net]', '[net, 5]'),
      'a.yaml: "models.1": expected a text, found a number. Correct the sweep file.',
    ],
    [`${minimal}nmae: x\n`, 'a.yaml: "nmae" is not known here; check the spelling. Correct the sweep file.'],
    [
      minimal.replace('images', 'images, evla: 5'),
      'a.yaml: "dataset": "evla" is not known here; check the spelling. Correct the sweep file.',
    ],
    [
      minimal.replace('images', 'images, eval: many'),
      'a.yaml: "dataset.eval": expected a number, found a text. Correct the sweep file.',
    ],
    [
      minimal.replace('images', 'images, eval: 1.5'),
      'a.yaml: "dataset.eval": expected a whole number, found a number. Correct the sweep file.',
    ],
    [minimal.replace('{ baseline: [] }', '{}'), 'a.yaml: "recipes": name at least one recipe. Correct the sweep file.'],
    [recipe('fp16'), 'a.yaml: "recipes.x": expected a list, found a text. Correct the sweep file.'],
    [
      recipe('[5]'),
      'a.yaml: "recipes.x.0": a step is one technique, or { technique: { parameter: value } }. Correct the sweep file.',
    ],
    [
      recipe('[{ fp16: , prune.magnitude: }]'),
      'a.yaml: "recipes.x.0": a step is one technique, or { technique: { parameter: value } }. Correct the sweep file.',
    ],
    [
      recipe('[fp16, { prune.magnitude: 3 }]'),
      'a.yaml: "recipes.x.1.prune.magnitude": expected names with values, found a number. Correct the sweep file.',
    ],
    [
      recipe('[{ technique: fp16, params: 3 }]'),
      'a.yaml: "recipes.x.0.params": expected names with values, found a number. Correct the sweep file.',
    ],
    [
      `${minimal}targets: [{ runtime: ort-cpu, threads: 0 }]\n`,
      /^a\.yaml: "targets\.0\.threads": .*1.*\. Correct the sweep file\.$/,
    ],
    [
      `${minimal}targets: [{ runtime: ort-cpu, threads: 2 }, { runtime: ort-web }, { threads: 2, runtime: ort-cpu }]\n`,
      'a.yaml: "targets": name each target once. Correct the sweep file.',
    ],
    [`${minimal}name: *other\n`, 'a.yaml, line 4: no &other stands before *other. Correct the YAML.'],
    [
      `${minimal}---\nname: b\n`,
      /^a\.yaml, line 4: another document begins here \("---"\), and a sweep file is one\. /,
    ],
    [recipe('[{ fp16: { __proto__: 1 } }]'), 'a.yaml, line 3: "__proto__" cannot be a name here. Correct the YAML.'],
    [
      recipe('[]').replace('x', '""'),
      'a.yaml: "recipes.": its name is not valid (Too small: expected string to have >=1 characters). Correct the sweep file.',
    ],
    [`${minimal}latency: fast\n`, /^a\.yaml: "latency": .*"quick"\|"rigorous".*\. Correct the sweep file\.$/],
  ])('%j', (text, message) => {
    if (typeof message === 'string') expect(problem(text)).toBe(message);
    else expect(problem(text)).toMatch(message);
  });

  it('takes a runtime twice where threads, device or options differ', () => {
    const targets =
      '[{ runtime: a }, { runtime: a, threads: 2 }, { runtime: a, device: d }, { runtime: a, options: { o: 1 } }]';
    expect(parseSweep(`${minimal}targets: ${targets}\n`, 'a.yaml').targets).toHaveLength(4);
  });

  it('refuses aliases that grow without bound', () => {
    const levels = Array.from(
      { length: 12 },
      (_, level) => `l${level + 1}: &l${level + 1} [${`*l${level},`.repeat(9)}]`,
    );
    expect(problem(`l0: &l0 [x]\n${levels.join('\n')}\n`)).toMatch(/^a\.yaml, line 1: its aliases/);
  });

  it('refuses lists within lists without end', () => {
    const nested = recipe(`${'['.repeat(20_000)}${']'.repeat(20_000)}`);
    expect(problem(nested)).toBe('a.yaml, line 3: it is nested too deeply. Correct the YAML.');
  });

  it('takes a name that is written as a map without a word on standard error', () => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue();
    onTestFinished(() => warned.mockRestore());
    expect(Object.keys(parseSweep(minimal.replace('baseline:', '? { a: b } :'), 'a.yaml').recipes)).toEqual([
      '{ a: b }',
    ]);
    expect(warned).not.toHaveBeenCalled();
  });

  it('never shows more than one line', () => {
    for (const text of ['a: b: c', '- [', '\t', '{', 'a: |\n b\nc', '%YAML 9', 'a: *x'])
      expect(problem(text)).toMatch(/^a\.yaml[^\n]+\.$/);
  });
});

describe('readSweep', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'whittle-sweep-'));
    mkdirSync(join(folder, 'images'));
    writeFileSync(join(folder, 'net.onnx'), '');
    writeFileSync(
      join(folder, 'a.yaml'),
      minimal.replace('[net]', '[net, ./net.onnx, net.onnx, /abs/net.onnx, sub/net.onnx]'),
    );
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("takes relative paths from the sweep's folder and leaves names alone", async () => {
    const sweep = await readSweep(relative(process.cwd(), join(folder, 'a.yaml')));
    expect(sweep.dataset.path).toBe(join(folder, 'images'));
    expect(sweep.models).toEqual([
      'net',
      join(folder, 'net.onnx'),
      join(folder, 'net.onnx'),
      resolve('/abs/net.onnx'),
      join(folder, 'sub/net.onnx'),
    ]);
  });

  it('takes the folder of training images from there too', async () => {
    const path = join(folder, 'c.yaml');
    writeFileSync(path, minimal.replace('path: images', 'path: images, train: more/images'));
    expect((await readSweep(path)).dataset).toMatchObject({ train: 0, trainPath: join(folder, 'more/images') });
  });

  it('falls back to the folder the command was given in', async () => {
    const path = join(folder, 'b.yaml');
    writeFileSync(path, minimal.replace('images', 'src').replace('[net]', '[./package.json]'));
    const sweep = await readSweep(path);
    expect(sweep.dataset.path).toBe(resolve('src'));
    expect(sweep.models).toEqual([resolve('package.json')]);
  });

  it.each(['missing.yaml', '.'])('does not find %s', async (name) => {
    await expect(readSweep(join(folder, name))).rejects.toMatchObject({
      code: 'sweep.not-found',
      facts: { path: join(folder, name) },
    });
  });
});
