import { describe, expect, it } from 'vitest';
import { deploymentNamed, deploymentsOf, imagesOf, type TrialPlan } from '../../../src/main/engine/sweep/plan';
import type { Surroundings } from '../../../src/main/engine/sweep/surroundings';
import type { Dataset } from '../../../src/main/engine/dataset/dataset';
import { around, dataset, images, model, plan, prune } from './sweeps';

const recipes = { baseline: [], half: ['fp16'] };
const runtimes: Surroundings['runtimes'] = {
  ...around.runtimes,
  web: { version: '1', format: 'onnx' },
  lite: { version: '2.17', format: 'tflite', answerOptions: ['delegate'] },
};
const surroundings: Surroundings = { ...around, runtimes, converters: { tflite: { version: 1, options: {} } } };
const words = ({ steps }: TrialPlan): string[] => steps.map(({ kind, title }) => `${kind} ${title}`);
const planned = (targets: object[], changes: Partial<Surroundings> = {}, more: Record<string, unknown> = recipes) =>
  plan(more, { targets, surroundings: { ...surroundings, ...changes } });

describe('deployments', () => {
  it('of runtimes that take ONNX share the file: no conversion, described once, answers and times for each', () => {
    const targets = [{ runtime: 'ort-cpu' }, { runtime: 'ort-cpu', threads: 2 }, { runtime: 'web' }];
    const [, half] = planned(targets, { converters: {} });
    expect(words(half!)).toEqual([
      'compress fp16',
      'describe file',
      'evaluate 8 images, ort-cpu',
      'evaluate 8 images, web',
      'measure ort-cpu x1',
      'measure ort-cpu x2',
      'measure web x1',
    ]);
    expect(half!.deployments.map(({ runtime, format, file }) => ({ runtime, format, file }))).toEqual([
      { runtime: 'ort-cpu', format: 'onnx', file: half!.artifact },
      { runtime: 'web', format: 'onnx', file: half!.artifact },
    ]);
  });

  it('of another format come from a conversion that its answers, facts and times wait for', () => {
    const [baseline, half] = planned([{ runtime: 'lite' }, { runtime: 'lite', threads: 4 }, { runtime: 'ort-cpu' }]);
    expect(words(half!)).toEqual([
      'compress fp16',
      'convert tflite',
      'describe tflite file',
      'evaluate 8 images, lite',
      // The baseline's file: what times are compared with.
      'convert tflite',
      'describe file',
      'evaluate 8 images, ort-cpu',
      'measure lite x1',
      'measure lite x4',
      'measure ort-cpu x1',
    ]);
    const [compress, own, describeLite, , original] = half!.steps;
    expect(own).toMatchObject({ needs: [compress!.key], order: { kind: 'convert', format: 'tflite' } });
    expect(describeLite).toMatchObject({ needs: [own!.key], order: { input: { step: own!.key }, format: 'tflite' } });
    expect(original).toMatchObject({ needs: [], order: { input: { model: 'net' } } });
    const measure = half!.steps.find(({ title }) => title === 'lite x1')!;
    expect(measure.needs).toEqual([own!.key, original!.key]);
    expect(measure.order).toMatchObject({ input: { step: own!.key }, baseline: { step: original!.key } });
    expect(half!.artifact).toEqual({ step: compress!.key });
    expect(baseline!.steps[0]!.key).toBe(original!.key);
  });

  it('are compared with the baseline in the same runtime', () => {
    const [baseline, half] = planned([{ runtime: 'lite' }, { runtime: 'ort-cpu' }]);
    expect(half!.deployments.map((each) => each.baselineEvaluation)).toEqual(
      baseline!.deployments.map((each) => each.evaluate),
    );
    expect(new Set(half!.deployments.map((each) => each.baselineEvaluation)).size).toBe(2);
  });

  it('of a format that no target runs are written and described, no more', () => {
    const [, half] = planned([{ runtime: 'ort-cpu' }], { deployed: ['tflite'] });
    expect(words(half!)).toEqual([
      'compress fp16',
      'describe file',
      'evaluate 8 images',
      'measure ort-cpu x1',
      'convert tflite',
      'describe tflite file',
    ]);
    const [convert, describe] = half!.steps.slice(-2);
    expect(half!.files).toEqual([
      { format: 'tflite', file: { step: convert!.key, format: 'tflite' }, describe: describe!.key },
    ]);
  });

  it('answer in the usual runtime where there is no target', () => {
    const [, half] = planned([], { converters: {} });
    expect(words(half!)).toEqual(['compress fp16', 'describe file', 'evaluate 8 images']);
    expect(half!.deployments).toMatchObject([{ runtime: 'ort-cpu', format: 'onnx' }]);
  });

  it('of one runtime with other options are deployments of their own, which share what these do not change', () => {
    const options = { delegate: 'gpu' };
    const targets = [{ runtime: 'lite' }, { runtime: 'lite', threads: 2 }, { runtime: 'lite', options }];
    const [, half] = planned([...targets, { runtime: 'lite', options: { priority: 'high' } }]);
    const [plain, gpu, urgent] = half!.deployments;
    expect(half!.deployments.map(({ name }) => name)).toEqual(['lite', 'lite {delegate:gpu}', 'lite {priority:high}']);
    expect(gpu!.describe).toBe(plain!.describe);
    expect(gpu!.evaluate).not.toBe(plain!.evaluate);
    expect(gpu!.baselineEvaluation).not.toBe(plain!.baselineEvaluation);
    expect(urgent!.evaluate).toBe(plain!.evaluate);
    expect(words(half!).filter((word) => word.startsWith('evaluate'))).toEqual([
      'evaluate 8 images, lite',
      'evaluate 8 images, lite {delegate:gpu}',
    ]);
    expect(deploymentNamed(half!, 'lite {delegate:gpu}')).toBe(gpu);
  });

  it('answer anew for options that change answers, not for those that change times', () => {
    const target = { runtime: 'lite' };
    const [, plain] = planned([target]);
    const evaluationOf = (options: object): string => planned([{ ...target, options }])[1]!.deployments[0]!.evaluate;
    expect(evaluationOf({ priority: 'high' })).toBe(plain!.deployments[0]!.evaluate);
    expect(evaluationOf({ delegate: 'gpu' })).not.toBe(plain!.deployments[0]!.evaluate);
  });
});

describe('keys of deployments', () => {
  const targets = [{ runtime: 'lite' }, { runtime: 'ort-cpu' }];
  const changedBy = (changes: Partial<Surroundings>): string[] => {
    const [before, after] = [planned(targets), planned(targets, changes)].map(([, half]) => half!.steps);
    return after!
      .filter(({ key }) => !before!.some((step) => step.key === key))
      .map(({ title, kind }) => `${kind} ${title}`);
  };

  it('follow the version of their own runtime only', () => {
    const lite = { ...runtimes.lite!, version: '2.18' };
    expect(changedBy({ runtimes: { ...runtimes, lite } })).toEqual(['evaluate 8 images, lite', 'measure lite x1']);
    const cpu = { ...runtimes['ort-cpu']!, version: '2' };
    expect(changedBy({ runtimes: { ...runtimes, 'ort-cpu': cpu } })).toEqual([
      'evaluate 8 images, ort-cpu',
      'measure ort-cpu x1',
    ]);
  });

  it('follow what the sweep asks of the format', () => {
    const converters = { tflite: { version: 1, options: { input: 'uint8' } } };
    expect(changedBy({ converters })).toEqual([
      'convert tflite',
      'describe tflite file',
      'evaluate 8 images, lite',
      'convert tflite',
      'measure lite x1',
    ]);
    const [, half] = planned(targets, { converters });
    expect(half!.steps.find(({ kind }) => kind === 'convert')!.order).toMatchObject({ options: { input: 'uint8' } });
  });

  it('follow what of a card the file says, and the version of the program that writes it', () => {
    const all = [
      'convert tflite',
      'describe tflite file',
      'evaluate 8 images, lite',
      'convert tflite',
      'measure lite x1',
    ];
    const known = new Set(planned(targets)[1]!.steps.map(({ key }) => key));
    for (const changes of [{ title: 'Another' }, { licence: 'MIT' }, { labels: 'imagenet-1k' }]) {
      const [, half] = plan(recipes, { targets, surroundings, models: [model('net', changes)] });
      expect(words({ ...half!, steps: half!.steps.filter(({ key }) => !known.has(key)) })).toEqual(all);
    }
    expect(changedBy({ converters: { tflite: { version: 1, options: {}, compiler: '16.0' } } })).toEqual(all);
  });

  it('of times follow how the device is connected', () => {
    const lite = { ...runtimes.lite!, links: { '': 'super speed' } };
    expect(changedBy({ runtimes: { ...runtimes, lite } })).toEqual(['measure lite x1']);
  });

  it('follow the version of the converter', () => {
    expect(changedBy({ converters: { tflite: { version: 2, options: {} } } })).toEqual([
      'convert tflite',
      'describe tflite file',
      'evaluate 8 images, lite',
      'convert tflite',
      'measure lite x1',
    ]);
  });
});

describe('targets that take integers alone', () => {
  const chip = { version: '14', format: 'chip', floatsIn: 'lite' };
  const converters = { ...surroundings.converters, chip: { version: 1, options: {}, integersOnly: true } };
  const here: Partial<Surroundings> = { runtimes: { ...runtimes, chip }, converters };
  const more = { baseline: [], half: ['fp16'], int8: ['quantize.static'], partly: ['quantize.dynamic'] };
  const target = { runtime: 'chip', device: 'usb:1', threads: 2 };
  const [baseline, half, int8, partly] = planned([target], here, more);
  const measured = ({ steps }: TrialPlan) => steps.flatMap(({ order }) => (order.kind === 'measure' ? [order] : []));

  it('have the network in floats beside, under their name', () => {
    expect(words(baseline!)).toEqual([
      'convert tflite',
      'describe tflite file',
      'evaluate 8 images',
      'measure chip usb:1 x2',
    ]);
    const beside = { runtime: 'lite', threads: 2 };
    expect(baseline!.deployments).toMatchObject([
      { runtime: 'lite', name: 'chip usb:1', insteadOf: 'chip', format: 'tflite' },
    ]);
    expect(measured(baseline!)).toMatchObject([{ target: beside, insteadOf: target }]);
    expect(baseline).not.toHaveProperty('lacking');
  });

  it('compare what they run with that', () => {
    expect(words(int8!)).toEqual([
      'compress quantize.static',
      'convert chip',
      'describe chip file',
      'evaluate 8 images',
      'convert tflite',
      'measure chip usb:1 x2',
    ]);
    const [deployment] = int8!.deployments;
    expect(deployment).toMatchObject({ runtime: 'chip', name: 'chip usb:1', format: 'chip' });
    expect(deployment).not.toHaveProperty('insteadOf');
    expect(deployment!.baselineEvaluation).toBe(baseline!.deployments[0]!.evaluate);
    const [order] = measured(int8!);
    expect(order).toMatchObject({ target, baselineTarget: { runtime: 'lite', threads: 2 } });
    expect(order!.baseline).toEqual({ step: baseline!.steps[0]!.key, format: 'tflite' });
  });

  it.each([
    ['floats', half],
    ['integers between floats', partly],
  ])('are lacking to a trial in %s, which has its answers beside', (_what, trial) => {
    expect(trial!.lacking).toEqual([
      { deployment: 'chip usb:1', reason: { code: 'format.integers-only', facts: { taker: 'chip usb:1' } } },
    ]);
    expect(trial!.deployments).toMatchObject([{ runtime: 'lite', name: 'lite', format: 'tflite' }]);
    expect(trial!.deployments[0]!.baselineEvaluation).toBe(baseline!.deployments[0]!.evaluate);
    expect(measured(trial!)).toEqual([]);
  });

  it('leave its other targets as they are', () => {
    const [, alone] = planned([{ runtime: 'ort-cpu' }], {}, more);
    const [, both] = planned([target, { runtime: 'ort-cpu' }], here, more);
    expect(both!.deployments).toEqual(alone!.deployments);
    expect(both!.steps.map(({ key }) => key)).toEqual(alone!.steps.map(({ key }) => key));
    expect(both!.lacking).toHaveLength(1);
  });

  it('share the network in floats with a target that names its runtime', () => {
    const [network] = planned([target, { runtime: 'lite', threads: 2 }], here, more);
    const [own, other] = network!.deployments;
    expect([own!.name, other!.name]).toEqual(['chip usb:1', 'lite']);
    expect(own!.evaluate).toBe(other!.evaluate);
    expect(measured(network!)).toHaveLength(2);
  });

  it('have files of their format made of networks in integers alone', () => {
    const trials = planned([{ runtime: 'ort-cpu' }], { ...here, deployed: ['chip'] }, more);
    expect(trials.map(({ files = [] }) => files.map(({ format }) => format))).toEqual([[], [], ['chip'], []]);
    expect(trials.map(({ lacking = [] }) => lacking.map(({ deployment }) => deployment))).toEqual([
      [],
      ['chip'],
      [],
      ['chip'],
    ]);
  });

  it('run a network that computes in integers as it came, and it is compared with there', () => {
    const models = [{ ...model('net'), isInteger: true }];
    const [own, pruned] = plan(
      { baseline: [], pruned: [prune(0.5)] },
      { targets: [target], surroundings: { ...surroundings, ...here }, models },
    );
    expect(own!.deployments).toMatchObject([{ runtime: 'chip', name: 'chip usb:1', format: 'chip' }]);
    expect(own!.deployments[0]).not.toHaveProperty('insteadOf');
    expect(pruned!.deployments[0]!.baselineEvaluation).toBe(own!.deployments[0]!.evaluate);
    for (const trial of [own!, pruned!]) {
      const [order] = measured(trial);
      expect(order).toMatchObject({ target, baseline: { format: 'chip' } });
      expect(order).not.toHaveProperty('baselineTarget');
      expect(trial).not.toHaveProperty('lacking');
    }
  });

  it('have the ONNX file described where no other tells what the network holds', () => {
    const opaque = { ...here, converters: { ...converters, chip: { ...converters.chip, isOpaque: true } } };
    const [network, , trial] = planned([target], opaque, more);
    const described = trial!.steps.find(({ title }) => title === 'file')!;
    expect(described.order).toMatchObject({ kind: 'describe', format: 'onnx', input: trial!.artifact });
    expect(trial!.network).toBe(described.key);
    expect(network).not.toHaveProperty('network');
    expect(planned([target, { runtime: 'lite' }], opaque, more)[2]).not.toHaveProperty('network');
  });

  it('are timed anew where the version of either runtime is another', () => {
    const timeOf = (changes: Partial<Surroundings>): string =>
      planned([target], { ...here, ...changes }, more)[2]!.steps.find(({ kind }) => kind === 'measure')!.key;
    const key = timeOf({});
    expect(timeOf({ runtimes: { ...runtimes, chip: { ...chip, version: '15' } } })).not.toBe(key);
    const lite = { ...runtimes.lite!, version: '2.18' };
    expect(timeOf({ runtimes: { ...runtimes, chip, lite } })).not.toBe(key);
    const links = { 'usb:0': 'high speed', '': 'high speed', 'usb:1': 'super speed' };
    expect(timeOf({ runtimes: { ...runtimes, chip: { ...chip, links } } })).not.toBe(key);
    expect(timeOf({ runtimes: { ...runtimes, chip: { ...chip, links: { 'usb:0': 'high speed' } } } })).toBe(key);
  });
});

describe('keys of techniques that measure layers', () => {
  const latency = { 'prune.channels': { latency: 0.7, macs: 1 } };
  const keyOf = (recipe: object, changes: Partial<Surroundings>): string =>
    planned([], changes, { recipe: [recipe] })[0]!.steps[0]!.key;

  it.each<[string, Partial<Surroundings>]>([
    ['machine', { machine: { ...around.machine, id: 'm2' } }],
    ['version of the runtime', { onnxruntime: '2' }],
  ])('follow the %s, those of others do not', (_what, changes) => {
    expect(keyOf(latency, changes)).not.toBe(keyOf(latency, {}));
    expect(keyOf({ 'prune.channels': {} }, changes)).toBe(keyOf({ 'prune.channels': {} }, {}));
  });
});

it('says which images a step looks at', () => {
  const [trial] = planned([{ runtime: 'lite' }], {}, { recipe: [prune(0.5), 'quantize.static'] });
  const looks = trial!.steps.map(({ order, title }) => [title, imagesOf(order)]);
  expect(looks.filter(([, images]) => images!.length > 0)).toEqual([
    ['quantize.static', ['calibration']],
    ['8 images', ['eval']],
  ]);
});

it('reads plans of the version that knew one runtime', () => {
  const [trial] = plan({ baseline: [] });
  const { deployments, ...rest } = trial!;
  const { baselineEvaluation } = deployments[0]!;
  expect(deploymentsOf({ ...rest, baselineEvaluation })).toEqual(deployments);
});

describe('networks that some images leave early', () => {
  const more = { baseline: [], early: ['exit.early'] };
  const measured = ({ steps }: TrialPlan) => steps.flatMap(({ order }) => (order.kind === 'measure' ? [order] : []));

  it('are measured over the evaluation images, which their times depend on', () => {
    const targets = [{ runtime: 'ort-cpu' }];
    const [baseline, early] = planned(targets, {}, more);
    expect(measured(early!)).toMatchObject([{ overImages: true, target: { runtime: 'ort-cpu', threads: 1 } }]);
    expect(measured(early!).map(imagesOf)).toEqual([['eval']]);
    expect(measured(baseline!)[0]).not.toHaveProperty('overImages');
    expect(measured(baseline!).map(imagesOf)).toEqual([[]]);
    const keyOf = (data: Dataset): string[] =>
      plan(more, { targets, surroundings, data }).map(({ steps }) => steps.find(({ kind }) => kind === 'measure')!.key);
    const [before, after] = [keyOf(dataset()), keyOf(dataset({ eval: images('eval', 8, 50) }))];
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
  });

  it('stay ONNX: they lack targets and files of other formats, and have their answers where the usual runtime has them', () => {
    const [, early] = planned([{ runtime: 'lite', threads: 2 }], {}, more);
    const reason = { code: 'format.no-branches', facts: { taker: 'lite' } };
    expect(early!.lacking).toEqual([{ deployment: 'lite', reason }]);
    expect(words(early!)).toEqual([
      'compress exit.early',
      'evaluate 8 images, the network',
      'describe file',
      'evaluate 8 images',
    ]);
    expect(early!.deployments).toMatchObject([{ runtime: 'ort-cpu', format: 'onnx' }]);
    expect(early!.steps.map(({ key }) => key)).toContain(early!.deployments[0]!.baselineEvaluation);

    const [, both] = planned([{ runtime: 'lite' }, { runtime: 'ort-cpu' }], { deployed: ['tflite'] }, more);
    expect(words(both!)).toEqual(['compress exit.early', 'describe file', 'evaluate 8 images', 'measure ort-cpu x1']);
    expect(both!.lacking).toEqual([{ deployment: 'lite', reason }]);
  });

  it('lack files that nobody runs, too', () => {
    const [, early] = planned([{ runtime: 'ort-cpu' }], { deployed: ['tflite'] }, more);
    expect(early!.files).toBeUndefined();
    expect(early!.lacking).toEqual([
      { deployment: 'tflite', reason: { code: 'format.no-branches', facts: { taker: 'tflite' } } },
    ]);
  });
});

it('networks that pick channels for each image stay ONNX, and are measured as others are', () => {
  const more = { baseline: [], gated: ['gate.channels'] };
  const [, gated] = planned([{ runtime: 'lite' }, { runtime: 'ort-cpu' }], { deployed: ['tflite'] }, more);
  expect(gated!.lacking).toEqual([
    { deployment: 'lite', reason: { code: 'format.no-gates', facts: { taker: 'lite' } } },
  ]);
  const measured = gated!.steps.flatMap(({ order }) => (order.kind === 'measure' ? [order] : []));
  expect(measured).toMatchObject([{ target: { runtime: 'ort-cpu' } }]);
  expect(measured[0]).not.toHaveProperty('overImages');
});
