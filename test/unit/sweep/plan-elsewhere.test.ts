import { describe, expect, it } from 'vitest';
import { deploymentNamed, type TrialPlan } from '../../../src/main/engine/sweep/plan';
import type { Place, Surroundings } from '../../../src/main/engine/sweep/surroundings';
import { traitsOf } from '../../../src/main/engine/sweep/step-traits';
import { agent } from './agents';
import { around, plan } from './sweeps';

const lite = { version: '2.17', format: 'tflite' };
const chip = { version: '14', format: 'chip', floatsIn: 'lite' };
const runtimes = { 'ort-cpu': { version: '1.30.0', format: 'onnx' }, lite, chip };
const board: Place = { machine: agent().machine, runtimes };
const surroundings: Surroundings = {
  ...around,
  runtimes,
  converters: { tflite: { version: 1, options: {} }, chip: { version: 1, options: {}, integersOnly: true } },
  elsewhere: { pi4: board },
};
const recipes = { baseline: [], half: ['fp16'], int8: ['quantize.static'] };
const planned = (targets: object[], changes: Partial<Surroundings> = {}, more: Record<string, unknown> = recipes) =>
  plan(more, { targets, surroundings: { ...surroundings, ...changes } });
const words = ({ steps }: TrialPlan): string[] => steps.map(({ kind, title }) => `${kind} ${title}`);
const measured = ({ steps }: TrialPlan) => steps.flatMap(({ order }) => (order.kind === 'measure' ? [order] : []));

describe('a target on another machine', () => {
  const target = { runtime: 'lite', threads: 4, on: 'pi4' };

  it('stands beside the same on this one: one file, answers and times of each', () => {
    const [baseline, half] = planned([{ runtime: 'lite', threads: 4 }, target]);
    expect(words(half!)).toEqual([
      'compress fp16',
      'convert tflite',
      'describe tflite file',
      'evaluate 8 images, lite',
      // The baseline's file: what times are compared with.
      'convert tflite',
      'evaluate 8 images, lite on pi4',
      'measure lite x4',
      'measure lite x4 on pi4',
    ]);
    const [here, there] = half!.deployments;
    expect([here!.name, there!.name]).toEqual(['lite', 'lite on pi4']);
    expect([here!.on, there!.on]).toEqual([undefined, 'pi4']);
    expect(here!.file).toEqual(there!.file);
    expect(deploymentNamed(half!, 'lite on pi4')).toBe(there);
    // Each machine's answers are compared with the baseline's there.
    expect(half!.deployments.map((one) => one.baselineEvaluation)).toEqual(
      baseline!.deployments.map((one) => one.evaluate),
    );
    expect(measured(half!)[1]).toMatchObject({ target });
    expect(measured(half!)[1]).not.toHaveProperty('baselineTarget');
  });

  it('leaves the steps of the other targets as they are', () => {
    const [, alone] = planned([{ runtime: 'ort-cpu' }]);
    const [, both] = planned([{ runtime: 'ort-cpu' }, target]);
    const keys = new Set(both!.steps.map(({ key }) => key));
    expect(alone!.steps.every(({ key }) => keys.has(key))).toBe(true);
  });

  it('shares the answers of this machine where both are of one kind, not its times', () => {
    const alike = { pi4: { ...board, machine: { ...around.machine, id: 'p1' } } };
    const [, half] = planned([{ runtime: 'lite', threads: 4 }, target], { elsewhere: alike });
    expect(half!.deployments[0]!.evaluate).toBe(half!.deployments[1]!.evaluate);
    expect(half!.steps.filter(({ kind }) => kind === 'evaluate')).toHaveLength(1);
    expect(measured(half!)).toHaveLength(2);
  });

  it('answers under the same key whatever its label, and as such a machine answers here', () => {
    const evaluationOf = (trial: TrialPlan | undefined): string => trial!.deployments[0]!.evaluate;
    const key = evaluationOf(planned([target])[1]);
    expect(evaluationOf(planned([{ ...target, on: 'lab' }], { elsewhere: { lab: board } })[1])).toBe(key);
    expect(evaluationOf(planned([{ runtime: 'lite' }], { machine: board.machine })[1])).toBe(key);
  });

  it('that takes integers alone is compared with the floats on that machine', () => {
    const [baseline, half, int8] = planned([{ runtime: 'chip', on: 'pi4' }]);
    const beside = { runtime: 'lite', threads: 1, on: 'pi4' };
    expect(baseline!.deployments).toMatchObject([
      { runtime: 'lite', on: 'pi4', name: 'chip on pi4', insteadOf: 'chip' },
    ]);
    expect(measured(int8!)).toMatchObject([
      { target: { runtime: 'chip', threads: 1, on: 'pi4' }, baselineTarget: beside },
    ]);
    expect(half!.lacking).toMatchObject([{ deployment: 'chip on pi4' }]);
    expect(half!.deployments).toMatchObject([{ runtime: 'lite', on: 'pi4', name: 'lite on pi4' }]);
  });

  it('has networks with branches run in the usual runtime of that machine', () => {
    const trials = planned([target], {}, { baseline: [], left: ['exit.early'] });
    expect(trials[1]!.deployments).toMatchObject([{ runtime: 'ort-cpu', on: 'pi4', format: 'onnx' }]);
    expect(trials[1]!.steps.filter(({ kind }) => kind === 'evaluate').map(({ requires }) => requires!.isa)).toEqual([
      ['NEON'],
      ['NEON'],
    ]);
  });

  it('costs what such a machine takes, not what this one does', () => {
    const [trial] = planned([{ runtime: 'lite' }, target]);
    const models = new Map([['net', { sha256: 'n', sizeBytes: 1 }]]);
    const facts = { models, images: { eval: 8 }, latency: 'quick', machine: around.machine } as const;
    const traits = traitsOf(trial!, facts);
    const works = trial!.steps.filter(({ kind }) => kind !== 'describe').map(({ key }) => traits.get(key)!.work);
    expect(works).toEqual(['tflite', 'lite', 'lite with NEON', 'lite x1 quick', 'lite x4 on pi4 quick']);
    // Plans of earlier versions had one machine.
    const earlier = { steps: trial!.steps.map(({ requires: _requires, ...step }) => step) };
    expect([...traitsOf(earlier, facts).values()].map(({ work }) => work)).not.toContain('lite with NEON');
  });
});
