import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sweepFileSchema, type SweepFile } from '@shared/sweep-file';
import { parseSweep, resolveSweep } from '../../../src/main/engine/sweep/read-sweep';
import { formatSweep } from '../../../src/main/engine/sweep/write-sweep';

const sweep = (changes: object = {}): SweepFile =>
  sweepFileSchema.parse({
    name: 'night',
    models: ['mobilenetv2', '/nets/other.onnx'],
    dataset: { path: '/images', eval: 1000 },
    recipes: {
      baseline: [],
      'pruned 50 %': [{ 'prune.channels': { macs: [0.9, 0.8] } }, 'quantize.static'],
      'second order 2:4': [{ 'prune.secondOrder': { pattern: '2:4', amount: { from: 0.3, to: 0.9, step: 0.1 } } }],
    },
    ...changes,
  });

describe('formatSweep', () => {
  it('writes what people would, with how to run it', () => {
    expect(formatSweep(sweep(), 'night.sweep.yaml')).toBe(`# night. Run it with:
#   whittle run night.sweep.yaml --out results/night
# Add --dry-run to see what would run and about how long it takes.
name: night
models: [ mobilenetv2, /nets/other.onnx ]
dataset: { path: /images, eval: 1000, calibration: 256, seed: 1 }
targets: [ { runtime: ort-cpu, threads: 1 } ]
recipes:
  baseline: []
  pruned 50 %: [ { prune.channels: { macs: [ 0.9, 0.8 ] } }, quantize.static ]
  second order 2:4: [ { prune.secondOrder: { pattern: 2:4, amount: { from: 0.3, to: 0.9, step: 0.1 } } } ]
`);
  });

  it('writes what is asked of formats', () => {
    const asked = sweep({ deploy: { tflite: { input: 'uint8', output: 'uint8' } } });
    const text = formatSweep(asked, 'night.yaml');
    expect(text).toContain('deploy: { tflite: { input: uint8, output: uint8 } }\n');
    expect(parseSweep(text, 'night.yaml').deploy).toEqual(asked.deploy);
  });

  it('writes the machine that a target names', () => {
    const targets = [
      { runtime: 'ort-cpu', threads: 1 },
      { runtime: 'litert', threads: 4, on: 'pi4' },
    ];
    const text = formatSweep(sweep({ targets }), 'night.yaml');
    expect(text).toContain('{ runtime: litert, on: pi4, threads: 4 }');
    expect(parseSweep(text, 'night.yaml').targets).toEqual(targets);
  });

  it('quotes names that a shell or a comment would misread', () => {
    const text = formatSweep(sweep({ name: 'a\nname: b' }), 'my "best" $sweep.yaml');
    expect(text.split('\n').slice(0, 2)).toEqual([
      '# a name: b. Run it with:',
      '#   whittle run "my \\"best\\" \\$sweep.yaml" --out "results/my \\"best\\" \\$sweep"',
    ]);
    expect(parseSweep(text, 'x').name).toBe('a\nname: b');
  });

  it('writes training images as a number of the dataset, as a folder, or as a number of a folder', () => {
    for (const [dataset, written] of [
      [{ train: 500 }, 'train: 500,'],
      [{ trainPath: '/work/more' }, 'train: ./more,'],
      [{ train: 500, trainPath: '/work/more' }, 'train: 500, trainPath: ./more,'],
    ] as const) {
      const own = sweep({ models: ['net'], dataset: { path: '/work/images', ...dataset } });
      const text = formatSweep(own, 'a.yaml', '/work');
      expect(text).toContain(`calibration: 256, ${written} seed: 1`);
      expect(resolveSweep(parseSweep(text, 'a.yaml'), '/work')).toEqual(own);
    }
  });

  it('writes paths in its own folder from there, so that both can be moved', () => {
    const own = sweep({ models: ['net', '/work/nets/a.onnx', '/other/b.onnx'], dataset: { path: '/work/images' } });
    const text = formatSweep(own, 'a.yaml', '/work');
    const read = parseSweep(text, 'a.yaml');
    expect([...read.models, read.dataset.path]).toEqual(['net', './nets/a.onnx', '/other/b.onnx', './images']);
    expect(resolveSweep(read, '/work')).toEqual(own);
    expect(resolveSweep(read, '/moved').dataset.path).toBe('/moved/images');
  });

  const word = fc.oneof(
    fc.constantFrom('2:4', 'true', '~', '1e3', '0x10', '- a', '# b', "it's", '"', 'a: b', '@', '%', 'no', '2020-01-01'),
    fc.string({ minLength: 1, maxLength: 12 }),
  );
  const value = fc.oneof(
    word,
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.array(fc.oneof(word, fc.integer()), { maxLength: 3 }),
    fc.record({ from: fc.integer(), to: fc.integer(), step: fc.integer() }),
  );
  const params = fc.dictionary(
    word.filter((name) => name !== '__proto__'),
    value,
    { maxKeys: 3 },
  );
  const step = fc.record({ technique: word.filter((id) => id !== 'technique' && id !== '__proto__'), params });
  const written = fc.record({
    name: fc.string({ minLength: 1, maxLength: 30 }),
    models: fc.array(word, { minLength: 1, maxLength: 3 }),
    dataset: fc.record({
      path: word,
      eval: fc.nat(1000),
      train: fc.nat(2),
      seed: fc.nat(3),
      classes: fc.constantFrom(undefined, 'by-name'),
      alreadyResized: fc.constantFrom(undefined, true),
    }),
    recipes: fc.dictionary(
      word.filter((name) => name !== '__proto__'),
      fc.array(step, { maxLength: 3 }),
      { minKeys: 1, maxKeys: 4 },
    ),
    targets: fc.constantFrom(
      [],
      [{ runtime: 'ort-cpu' }],
      [
        { runtime: 'ort-web', threads: 2, options: { a: true, b: 'c', d: 1 } },
        { runtime: 'x', device: 'usb:0' },
      ],
    ),
    latency: fc.constantFrom('quick', 'rigorous'),
    indifference: fc.constantFrom({}, { time: 0.05 }),
    seed: fc.nat(5),
  });

  it('is read back as the same sweep', () => {
    fc.assert(
      fc.property(written, (given) => {
        const own = sweepFileSchema.parse(JSON.parse(JSON.stringify(given)));
        expect(parseSweep(formatSweep(own, 'a.yaml'), 'a.yaml')).toEqual(own);
      }),
      { numRuns: 50 },
    );
  });
});
