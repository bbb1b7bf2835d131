import { describe, expect, it } from 'vitest';
import { distinctSteps, type PlannedStep } from '../../../src/main/engine/sweep/plan';
import { fits, fitsHere, hereOf } from '../../../src/main/engine/sweep/requirement';
import type { Place, Surroundings } from '../../../src/main/engine/sweep/surroundings';
import { agent } from './agents';
import { around, plan, prune } from './sweeps';

const lite = { version: '2.17', format: 'tflite' };
const chip = { version: '14', format: 'chip', floatsIn: 'lite' };
const board: Place = {
  machine: agent().machine,
  runtimes: { 'ort-cpu': { version: '1.30.0', format: 'onnx' }, lite, chip },
};
const surroundings: Surroundings = {
  ...around,
  runtimes: { ...around.runtimes, lite, chip },
  converters: {
    tflite: { version: 1, options: {} },
    chip: { version: 1, options: {}, integersOnly: true, compiler: '16.0' },
  },
  elsewhere: { pi4: board },
};
const targets = [
  { runtime: 'ort-cpu' },
  { runtime: 'lite' },
  { runtime: 'chip' },
  { runtime: 'lite', threads: 4, on: 'pi4' },
  { runtime: 'chip', on: 'pi4' },
];
const recipes = {
  baseline: [],
  pruned: [prune(0.5)],
  fast: [{ 'prune.channels': { latency: 0.7, macs: 1 } }],
  trained: ['quantize.static', 'correctBias'],
};
const stepsOf = (changes: Partial<Surroundings> = {}): PlannedStep[] =>
  distinctSteps(plan(recipes, { targets, surroundings: { ...surroundings, ...changes } }));

/** Changes of single facts. */
const changes: [string, Partial<Surroundings>, kinds: string[]][] = [
  ['id of this machine', { machine: { ...around.machine, id: 'm2' } }, ['compress', 'measure']],
  ['instruction sets here', { machine: { ...around.machine, isa: ['AVX2', 'AVX512F'] } }, ['compress', 'evaluate']],
  ['ONNX Runtime of compression', { onnxruntime: '1.31.0' }, ['compress']],
  [
    'version of a runtime here',
    { runtimes: { ...surroundings.runtimes, lite: { ...lite, version: '2.18' } } },
    ['evaluate', 'measure'],
  ],
  [
    'id of the other machine',
    { elsewhere: { pi4: { ...board, machine: { ...board.machine, id: 'p2' } } } },
    ['measure'],
  ],
  [
    'instruction sets of the other machine',
    { elsewhere: { pi4: { ...board, machine: { ...board.machine, isa: ['NEON', 'ASIMDDP'] } } } },
    ['evaluate'],
  ],
  [
    'version of a runtime there',
    { elsewhere: { pi4: { ...board, runtimes: { ...board.runtimes, lite: { ...lite, version: '2.18' } } } } },
    ['evaluate', 'measure'],
  ],
];

/** A step whatever its key: what it does with which file, its place in the plan of a recipe. */
const nameOf = (step: PlannedStep): string =>
  JSON.stringify([step.kind, step.title, step.requires?.on, step.order.model]);

describe('what a step takes', () => {
  /** Keys of steps after a changed one differ too, since they read its file. Without compression and conversion nothing stands before. */
  const own = ({ kind }: PlannedStep): boolean => kind !== 'convert';

  it.each(changes)('follows the %s exactly where its key does', (_fact, change, kinds) => {
    const only = (steps: PlannedStep[]): PlannedStep[] => steps.filter(own);
    const each = Object.keys(recipes).flatMap((recipe) => {
      const one = { [recipe]: recipes[recipe as keyof typeof recipes] };
      const planned = (around: Surroundings): PlannedStep[] =>
        only(distinctSteps(plan(one, { targets, surroundings: around })));
      return [[planned(surroundings), planned({ ...surroundings, ...change })] as const];
    });
    const changedKinds = new Set<string>();
    for (const [before, after] of each) {
      expect(after.map(nameOf)).toEqual(before.map(nameOf));
      for (const [at, step] of after.entries()) {
        const earlier = before[at]!;
        const isOther = step.key !== earlier.key;
        const inherits = step.needs.some(
          (need) => !before.some(({ needs, key }) => key === need || needs.includes(need)),
        );
        const takesOther = JSON.stringify(step.requires) !== JSON.stringify(earlier.requires);
        if (!inherits) expect([nameOf(step), takesOther]).toEqual([nameOf(step), isOther]);
        if (takesOther) changedKinds.add(step.kind);
      }
    }
    expect([...changedKinds].sort()).toEqual(kinds);
  });

  it('is named for every step', () => {
    expect(stepsOf().filter(({ requires }) => requires === undefined)).toEqual([]);
  });

  it('is nothing for facts of files, and this machine for a compiler', () => {
    const of = (kind: string, title: string) => stepsOf().find((step) => step.kind === kind && step.title === title)!;
    expect(of('describe', 'file').requires).toEqual({ versions: {} });
    expect(of('convert', 'tflite').requires).toEqual({ versions: {} });
    expect(of('convert', 'chip').requires).toEqual({ machine: 'm1', versions: {} });
    expect(of('compress', 'prune.magnitude{amount:0.5}').requires).toEqual({ versions: {} });
    expect(of('compress', 'correctBias').requires).toEqual({ isa: ['AVX2'], versions: { onnxruntime: '1.30.0' } });
    expect(of('compress', 'prune.channels{latency:0.7, macs:1}').requires).toEqual({
      machine: 'm1',
      versions: { onnxruntime: '1.30.0' },
    });
  });

  it('is the machine of the label for times, and one of its kind for answers', () => {
    const of = (title: string) => stepsOf().find((step) => step.title === title)!;
    expect(of('lite x4 on pi4').requires).toEqual({ on: 'pi4', machine: 'p1', versions: { lite: '2.17' } });
    expect(of('8 images, lite on pi4').requires).toEqual({ isa: ['NEON'], versions: { lite: '2.17' } });
    expect(of('lite x1').requires).toEqual({ machine: 'm1', versions: { lite: '2.17' } });
    expect(of('8 images, lite').requires).toEqual({ isa: ['AVX2'], versions: { lite: '2.17' } });
    const both = plan({ int8: ['quantize.static'] }, { targets: [{ runtime: 'chip', on: 'pi4' }], surroundings })[0]!;
    expect(both.steps.find(({ kind }) => kind === 'measure')!.requires!.versions).toEqual({ chip: '14', lite: '2.17' });
  });

  it('is bound to a machine by a device that is named, by a runtime of one that is not known of others, and where instruction sets are unknown', () => {
    const requirementsOf = (target: object, changed: Partial<Surroundings> = {}) =>
      plan({ baseline: [] }, { targets: [target], surroundings: { ...surroundings, ...changed } })[0]!
        .steps.filter(({ kind }) => kind === 'evaluate' || kind === 'measure')
        .map(({ requires }) => requires);
    const named = { runtime: 'lite', device: 'gpu' };
    expect(requirementsOf(named)).toMatchObject([{ machine: 'm1' }, { machine: 'm1' }]);
    expect(requirementsOf({ ...named, on: 'pi4' })).toMatchObject([
      { on: 'pi4', machine: 'p1' },
      { on: 'pi4', machine: 'p1' },
    ]);
    const gpu = { version: '1.30.0', format: 'onnx', isDeviceBound: true };
    const [onDevice] = requirementsOf({ runtime: 'gpu' }, { runtimes: { ...surroundings.runtimes, gpu } });
    expect(onDevice).toMatchObject({ machine: 'm1' });
    const unknown = { ...board, machine: { ...board.machine, isa: [] } };
    const [answers] = requirementsOf({ runtime: 'lite', on: 'pi4' }, { elsewhere: { pi4: unknown } });
    expect(answers).toMatchObject({ on: 'pi4', machine: 'p1' });
    const [local] = requirementsOf({ runtime: 'lite' }, { machine: { ...around.machine, isa: [] } });
    expect(local).toMatchObject({ machine: 'm1' });
  });
});

describe('a machine fits', () => {
  const times = { on: 'pi4', machine: 'p1', versions: { lite: '2.17' } };

  it.each([
    ['with all of it', {}, true],
    ['without the label', { labels: ['lab'] }, false],
    ['of another kind', { machine: { id: 'p2' } }, false],
    ['with another version', { runtimes: { lite: '2.18' } }, false],
    ['without the runtime', { runtimes: {} }, false],
  ] as const)('%s: %o', (_how, change, expected) => {
    expect(fits(times, agent(change as Parameters<typeof agent>[0]))).toBe(expected);
  });

  it('whatever the order of its instruction sets', () => {
    const answers = { isa: ['A', 'B'], versions: {} };
    expect(fits(answers, agent({ machine: { isa: ['B', 'A'] } }))).toBe(true);
    expect(fits(answers, agent({ machine: { isa: ['A'] } }))).toBe(false);
  });

  it('by the version of its ONNX Runtime for compression', () => {
    expect(fits({ versions: { onnxruntime: '1.30.0' } }, agent())).toBe(true);
    expect(fits({ versions: { onnxruntime: '1.31.0' } }, agent())).toBe(false);
  });

  it('never for what only this one has', () => {
    const own = { machine: 'm1', versions: {} };
    expect(fits(own, agent({ machine: { id: 'm1' } }))).toBe(false);
    expect(fitsHere(own, hereOf(surroundings))).toBe(true);
  });

  it('where every step of a sweep without other machines is planned', () => {
    const here = hereOf(surroundings);
    const own = plan(recipes, { targets: targets.slice(0, 3), surroundings });
    for (const { requires, title } of distinctSteps(own))
      expect([title, fitsHere(requires!, here)]).toEqual([title, true]);
    const away = stepsOf().filter(({ requires }) => !fitsHere(requires!, here));
    expect(new Set(away.map(({ title }) => title))).toEqual(
      new Set(['lite x4 on pi4', 'chip x1 on pi4', '8 images, lite on pi4', '8 images, chip on pi4']),
    );
  });
});
