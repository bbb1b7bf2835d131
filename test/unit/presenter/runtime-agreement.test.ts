import { describe, expect, it } from 'vitest';
import { absent } from '@shared/format';
import { deploymentOf, runtimeOf, runtimesOf } from '@shared/presenter/deployment';
import { agreementReadings, agreementSentence } from '@shared/presenter/runtime-agreement';
import type { RuntimeAgreement } from '@shared/metrics';
import { latency, run, trial } from '../matrix/trials';

const beside = (changes: Partial<RuntimeAgreement> = {}): RuntimeAgreement => ({
  reference: 'ort-cpu',
  n: 1000,
  agreement: 99.8,
  ...changes,
});
const answered = (besideOnnxRuntime: RuntimeAgreement, precision?: string) =>
  trial({}, { deployments: [{ runtime: 'openvino', format: 'onnx', precision, besideOnnxRuntime }] });

describe('agreement of runtimes', () => {
  it.each<[Partial<RuntimeAgreement>, string]>([
    [{}, absent],
    [{ largestDifference: 0, largestDifferenceSteps: 0 }, 'none'],
    [{ largestDifference: 0.1, largestDifferenceSteps: 1.0000001 }, '1 step'],
    [{ largestDifference: 1.4, largestDifferenceSteps: 13.998 }, '14 steps'],
    [{ largestDifference: 0.26, largestDifferenceSteps: 2.6 }, '2.6 steps'],
    [{ largestDifference: 0.3312, largestRelativeDifference: 0.01834 }, '0.33 (1.8 % of the largest score)'],
    [{ largestDifference: 0.00000123, largestRelativeDifference: 6e-8 }, '0.0000012 (0.000006 % of the largest score)'],
  ])('reads %o as %s', (changes, text) => {
    expect(agreementReadings(answered(beside(changes)))[0]!.difference).toBe(text);
  });

  it('says it in one sentence', () => {
    const [reading] = agreementReadings(
      answered(beside({ largestDifference: 0.3, largestDifferenceSteps: 3 }), 'bf16'),
    );
    expect(agreementSentence(reading!)).toBe(
      'openvino (bf16) answers 99.8 % of 1,000 images as ort-cpu does; largest difference of a score: 3 steps',
    );
    expect(agreementSentence(agreementReadings(answered(beside()))[0]!)).toBe(
      'openvino answers 99.8 % of 1,000 images as ort-cpu does',
    );
  });

  it('says nothing where there is nothing beside', () => {
    expect(agreementReadings(trial({}, { top1: 80 }))).toEqual([]);
    expect(agreementReadings(trial({}, { deployments: [{ runtime: 'ort-cpu', format: 'onnx' }] }))).toEqual([]);
  });
});

describe('deployments', () => {
  it('of one runtime with other options are told apart, those with other threads are not', () => {
    const pinned = { runtime: 'openvino', threads: 1 };
    const view = run([
      trial(
        {},
        {
          deployments: [
            { runtime: 'openvino', name: 'openvino', format: 'onnx', top1: 80, precision: 'f32' },
            { runtime: 'openvino', name: 'openvino {precision:default}', format: 'onnx', top1: 79, precision: 'bf16' },
          ],
          latency: [latency()],
        },
      ),
    ]);
    view.sweep.targets = [pinned, { ...pinned, threads: 2 }, { ...pinned, options: { precision: 'default' } }];
    expect(runtimesOf(view)).toEqual(['openvino', 'openvino {precision:default}']);
    const read = (target: string) => deploymentOf(view.trials[0]!, runtimeOf(view, target));
    expect(read('openvino x2')).toMatchObject({ top1: 80, precision: 'f32' });
    expect(read('openvino x1 {precision:default}')).toMatchObject({ top1: 79, precision: 'bf16' });
  });
});
