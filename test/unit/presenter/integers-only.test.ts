import { describe, expect, it } from 'vitest';
import { judgeTrial } from '@shared/presenter/judge-budget';
import { referenceRule } from '@shared/presenter/legend';
import { manifestFacts } from '@shared/presenter/manifest-facts';
import { presentRun } from '@shared/presenter/reading';
import { runViewSchema, type RunView } from '@shared/run';
import { matrixText } from '../../../src/cli/matrix-text';
import { trialCells } from '../../../src/renderer/matrix/cell';
import { latency, run, trial } from '../matrix/trials';

const target = 'edgetpu x1';
const measured = { n: 100, skipped: 0, sizeCompressedBytes: 1000 };
const reason = { code: 'format.integers-only' as const, facts: { taker: 'edgetpu' } };

const baseline = trial(
  { recipe: 'baseline' },
  {
    latency: [latency({ target, runtime: 'tflite', p50Ms: 40, ratio: 1, ratioInterval: [0.99, 1.01] })],
    deployments: [
      { runtime: 'tflite', name: 'edgetpu', insteadOf: 'edgetpu', format: 'tflite', sizeBytes: 4_000_000, ...measured },
    ],
  },
);
const int8 = trial(
  { recipe: 'int8' },
  {
    latency: [latency({ target, runtime: 'edgetpu', baselineTarget: 'tflite x1', p50Ms: 4, ratio: 0.1 })],
    deployments: [{ runtime: 'edgetpu', name: 'edgetpu', format: 'edgetpu', sizeBytes: 1_000_000, ...measured }],
  },
);
const half = trial(
  { recipe: 'half', lacking: [{ deployment: 'edgetpu', reason }] },
  { params: 1_000_000, deployments: [{ runtime: 'tflite', name: 'tflite', format: 'tflite', sizeBytes: 2_000_000 }] },
);
const trials = run([baseline, int8, half]);
const shown: RunView = {
  ...trials,
  sweep: { ...trials.sweep, targets: [{ runtime: 'edgetpu', threads: 1 }] },
  manifest: {
    ...trials.manifest,
    targets: [target],
    baselineTargets: { [target]: 'tflite x1' },
    connections: { [target]: 'super speed' },
  },
};
const presentation = presentRun(shown);

describe('a target that takes integers alone', () => {
  it('is shown with the network in floats, and says where that ran', () => {
    const [size, time] = trialCells(baseline, ['size', 'latency'], presentation, target);
    expect(size!.reading).toMatchObject({ text: '4.00', ranIn: 'tflite' });
    expect(size!.description).toContain('in tflite, since the target takes networks in integers alone');
    expect(time!.reading!.change!.verdict).toBe('control');
  });

  it('compares what it runs with that network', () => {
    const { read } = presentation;
    expect(read('size', int8, target)!.change).toMatchObject({ verdict: 'gain', text: '×0.25' });
    expect(read('ratio', int8, target)).toMatchObject({ value: 0.1 });
    expect(read('ratio', int8, target)).not.toHaveProperty('ranIn');
  });

  it('says of a trial in floats, in its place, why it has none and what to add', () => {
    const [size, ...others] = trialCells(half, ['size', 'latency', 'top1'], presentation, target);
    expect(size).toMatchObject({ state: 'none', label: 'not int8' });
    for (const cell of [size!, ...others])
      expect(cell.description).toBe(
        'edgetpu takes networks in integers alone, and this one computes in floats. End its recipe with quantize.static{profile:tflite}.',
      );
    expect(others.map(({ label }) => label)).toEqual(['', '']);
    expect(matrixText(shown).replaceAll('\n', ' ')).toContain(
      'mobilenetv2/half: edgetpu takes networks in integers alone',
    );
  });

  it('is within no budget of a trial that it does not run', () => {
    for (const budget of [{ maxBytes: 5_000_000 }, { maxLatencyRatio: 2 }, { maxDropPoints: 50 }])
      expect(judgeTrial(shown, half, budget, target).verdict).toBe('fails');
  });

  it('says in legend and manifest what ratios are to', () => {
    expect(referenceRule(presentation)).toMatch(
      /edgetpu x1 takes networks in integers alone: its baseline is the network in floats on tflite x1\.$/,
    );
    const targets = manifestFacts(shown.manifest).find(({ name }) => name === 'Targets');
    expect(targets!.value).toBe('edgetpu x1 (super speed; against the network in tflite x1)');
    expect(runViewSchema.parse(shown)).toMatchObject({ manifest: shown.manifest, trials: shown.trials });
  });
});
