import { describe, expect, it } from 'vitest';
import { metricIds, type MetricId } from '@shared/presenter/metrics';
import { presentRun, type Reading } from '@shared/presenter/reading';
import type { TrialView } from '@shared/run';
import { latency, run, target, trial } from '../matrix/trials';

const baseline = trial(
  { recipe: 'baseline' },
  {
    sizeBytes: 13_970_000,
    sizeCompressedBytes: 12_900_000,
    entropyBoundBytes: 12_230_000,
    bitsPerWeight: 31.9,
    params: 3_504_872,
    nonZeroParams: 3_504_872,
    macs: 300_774_272,
    top1: 79.7,
    top1Interval: [77.1, 82.1],
    n: 1000,
    latency: [latency({ p50Ms: 6.98, ratio: 1, ratioInterval: [1, 1] })],
  },
);
const candidate = trial(
  {},
  {
    sizeBytes: 3_840_133,
    sizeCompressedBytes: 3_210_000,
    entropyBoundBytes: 3_050_000,
    bitsPerWeight: 8.765,
    files: [{ format: 'coreml', sizeBytes: 3_635_781, sizeCompressedBytes: 3_400_000 }],
    params: 3_504_872,
    nonZeroParams: 3_400_000,
    macs: 300_774_272,
    n: 1000,
    top1: 80.1,
    top1Interval: [77.5, 82.5],
    top1Delta: 0.4,
    top1DeltaInterval: [-0.7, 1.5],
    top5: 94.2,
    top5Interval: [92.6, 95.5],
    agreement: 93.4,
    latency: [latency()],
  },
);

const readMetric = (
  metric: MetricId,
  subject: TrialView,
  reference: TrialView | undefined,
  on: string,
): Reading | undefined =>
  presentRun(run([...new Set([reference, subject])].filter((each) => each !== undefined))).read(metric, subject, on);
const read = (metric: MetricId): Reading | undefined => readMetric(metric, candidate, baseline, target);

describe('readMetric', () => {
  it.each<[MetricId, object]>([
    [
      'size',
      {
        text: '3.84',
        basis: 'exact',
        change: { text: '×0.27', direction: 'down', verdict: 'gain', words: 'clear gain' },
      },
    ],
    ['entropy-bound', { text: '3.05', value: 3.05, basis: 'exact' }],
    ['bits-per-weight', { text: '8.77', value: 8.765, basis: 'exact' }],
    ['params', { text: '3.50', change: { text: 'same', direction: 'same', verdict: 'same', words: 'the same' } }],
    ['macs', { text: '301' }],
    [
      'latency',
      {
        text: '4.12',
        spread: '±0.06',
        basis: 'n 400, 20 rounds',
        change: { text: '×0.59', interval: '[0.57, 0.61]', direction: 'down', verdict: 'gain', words: 'clear gain' },
      },
    ],
    ['ratio', { text: '0.59', basis: '20 rounds' }],
    ['cold-start', { text: '38.4' }],
    ['memory', { text: '91' }],
    [
      'top1',
      {
        text: '80.1',
        spread: '[77.5, 82.5]',
        basis: 'n 1,000',
        change: {
          text: '+0.4',
          interval: '[−0.7, +1.5]',
          direction: 'up',
          verdict: 'unclear',
          words: 'no clear difference',
        },
      },
    ],
    ['agreement', { text: '93.4', basis: 'n 1,000' }],
  ])('%s', (metric, expected) => expect(read(metric)).toMatchObject(expected));

  it.each<[string, number[] | undefined, string]>([
    ['earlier versions', undefined, '20 rounds'],
    ['one pair', [0.6], '1 session pair, 20 rounds'],
    ['several', [0.6, 0.58], '2 session pairs, 20 rounds'],
  ])('counts the session pairs of a measurement: %s', (_, sessionRatios, basis) => {
    const measured = trial({}, { latency: [latency(sessionRatios && { sessionRatios })] });
    expect(readMetric('ratio', measured, baseline, target)?.basis).toBe(basis);
  });

  it('has no time ratio where latency was not measured on the target', () => {
    expect(readMetric('latency', candidate, baseline, 'ort-cpu x2')).toBeUndefined();
  });

  it.each<[string, [number, number], number, string]>([
    ['smaller, no clear difference in time', [0.97, 1.04], 3_840_133, 'no clear speed-up'],
    ['smaller and faster', [0.57, 0.61], 3_840_133, 'clear gain'],
    ['smaller and slower', [1.6, 1.8], 3_840_133, 'clear loss'],
    ['smaller, as fast', [0.995, 1.004], 3_840_133, 'within 1 %'],
    ['as large, no clear difference in time', [0.97, 1.04], 13_970_100, 'no clear difference'],
    ['larger, no clear difference in time', [0.97, 1.04], 15e6, 'no clear difference'],
  ])('says what a %s file gains', (_, ratioInterval, sizeBytes, words) => {
    const measured = trial({}, { sizeBytes, latency: [latency({ ratioInterval })] });
    for (const metric of ['latency', 'ratio'] as const)
      expect(readMetric(metric, measured, baseline, target)?.change?.words).toBe(words);
  });

  it('claims no size where a size is not known', () => {
    const measured = trial({}, { latency: [latency({ ratioInterval: [0.97, 1.04] })] });
    expect(readMetric('latency', measured, baseline, target)?.change?.words).toBe('no clear difference');
  });

  it('compares the baseline with nothing but itself, the A/A control', () => {
    for (const metric of metricIds) {
      const verdict = readMetric(metric, baseline, baseline, target)?.change?.verdict;
      expect(verdict).toBe(metric === 'latency' || metric === 'ratio' ? 'control' : undefined);
    }
    expect(readMetric('ratio', baseline, baseline, target)).toMatchObject({
      text: '1.00',
      change: { interval: '[1.00, 1.00]' },
    });
  });

  it('shows what Wilson’s interval is: 99 % of 200 images does not reach beyond 100 %', () => {
    const measured = trial({}, { n: 200, top1: 99, top1Interval: [96.426, 99.725] });
    expect(readMetric('top1', measured, undefined, target)).toMatchObject({ text: '99.0', spread: '[96.4, 99.7]' });
  });

  it('reads size and accuracy of the target’s runtime', () => {
    const deployments = [
      { runtime: 'ort-cpu', format: 'onnx', sizeBytes: 1e6, n: 10, top1: 80 },
      { runtime: 'ort-web', format: 'onnx', sizeBytes: 2e6, n: 10, top1: 70 },
    ];
    const view = run([trial({}, { sizeBytes: 1e6, top1: 80, params: 1e6, deployments })]);
    view.sweep.targets = [...view.sweep.targets, { runtime: 'ort-web', threads: 1 }];
    const { read: readIn } = presentRun(view);
    const texts = (on: string): (string | undefined)[] =>
      (['size', 'top1', 'params', 'bits-per-weight'] as const).map(
        (metric) => readIn(metric, view.trials[0]!, on)?.text,
      );
    expect(texts('ort-cpu x1')).toEqual(['1.00', '80.0', '1.00', '8.00']);
    expect(texts('ort-web x1')).toEqual(['2.00', '70.0', '1.00', '16.0']);
  });

  it('shows the bytes of a Core ML package beside, and that nothing ran it', () => {
    const reading = { value: 3.635781, text: '3.64', basis: 'not run here' };
    expect(read('size-coreml')).toEqual(reading);
    const files = [{ format: 'coreml', sizeBytes: 7_271_562, sizeCompressedBytes: 7e6 }];
    const network = trial({ isBaseline: true }, { files });
    expect(readMetric('size-coreml', candidate, network, target)?.change).toMatchObject({ text: '×0.50' });
    expect(readMetric('size-coreml', network, network, target)).toEqual({ ...reading, value: 7.271562, text: '7.27' });
    expect(readMetric('size-coreml', trial({}, { sizeBytes: 1 }), network, target)).toBeUndefined();
  });

  it('shows a value while the baseline has none yet', () => {
    expect(readMetric('size', candidate, undefined, target)).toEqual({ value: 3.840133, text: '3.84', basis: 'exact' });
  });

  it('every number carries its uncertainty or what it rests on', () => {
    const energy = { domains: ['package-0'], joules: 0.1, joulesInterval: [0.1, 0.1] as [number, number] };
    const metered = latency({ energy: { ...energy, baselineJoules: 0.1, idleWatts: 4, isTold: true } });
    const measured = trial({}, { ...candidate.metrics, latency: [metered] });
    for (const metric of metricIds) expect(readMetric(metric, measured, baseline, target)?.basis).toMatch(/\S/);
  });
});
