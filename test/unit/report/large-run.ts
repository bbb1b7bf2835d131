import type { RunView, TrialView } from '../../../src/shared/run';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';
import { latency, run, trial } from '../matrix/trials';

export const largeTargets = ['ort-cpu x1', 'ort-web x1'];

const networks = [
  'mobilenetv2',
  'resnet50',
  'squeezenet1.1',
  'efficientnet-b0',
  'mobilenetv3-small-100',
  'densenet121',
  'shufflenet-v2-x1.0',
  'a-network-with-quite-a-long-name-224',
  'vit-tiny-patch16',
  'pp-lcnet',
];
const steps = [
  '',
  'fp16',
  'quantize.static',
  'quantize.static{calibration:entropy}',
  'quantize.dynamic',
  'quantize.weights{bits:4}',
  'quantize.weights{bits:3}',
  'prune.channels{macs:0.7}',
  'prune.channels{macs:0.7} | quantize.static',
  'prune.magnitude{amount:0.5}',
  'prune.magnitude{amount:0.8} | cluster.weights{clusters:32}',
  'prune.secondOrder{amount:0.6}',
  'factorize{macs:0.6}',
  'cluster.weights{clusters:16}',
  'binarize.weights',
  'quantize.mixed{sizeShare:0.2, methods:[quantize.weights, quantize.static], refine:true}',
  'quantize.integer',
  'equalize | quantize.static',
  'shrink.input{side:160}',
  'shrink.input{side:160} | prune.channels{macs:0.8} | quantize.static{calibration:mse}',
  'quantize.weights{bits:2}',
];

/**
 * Ten models, twenty-one recipes or more, two targets: what a night's sweep gives, with long names, failures and notes. The same each time.
 */
export function largeRun(recipeCount = steps.length): RunView {
  const texts = Array.from(
    { length: recipeCount },
    (_, at) => steps[at] ?? `${steps[1 + (at % (steps.length - 1))]} | cluster.weights{clusters:${at}}`,
  );
  const random = createRandom('large run');
  const around = (centre: number, share: number): number => centre * (1 + share * (random() - 0.5));
  const trials = networks.flatMap((model, m) =>
    texts.map((recipeText, r): TrialView => {
      const isBaseline = recipeText === '';
      const recipe = isBaseline ? 'baseline' : `${recipeText.replace(/[{|].*/, '').trim()}-${r}`;
      if (m === 3 && r === 12) {
        const error = {
          code: 'technique.failed' as const,
          facts: { id: 'factorize', detail: 'no convolution wider than one pixel' },
        };
        return trial({ model, recipe, recipeText, isBaseline, status: 'failed', error });
      }
      const size = around(5e6 * (m + 1), 0.1);
      const delta = isBaseline ? 0 : around(-r / 3, 1);
      const times = largeTargets.map((target, t) => {
        const ratio = isBaseline ? 1.001 : around(r % 4 === 0 ? 1.011 : 0.4 + r / 20, 0.02);
        const sessionRatios = Array.from({ length: 6 }, () => around(ratio, 0.02));
        return latency({
          target,
          ratio,
          ratioInterval: [ratio * 0.9975, ratio * 1.0031],
          sessionRatios,
          p50Ms: around(7 * (m + 1) * (t + 1) * ratio, 0.1),
          baselineP50Ms: around(7 * (m + 1) * (t + 1), 0.1),
          madMs: 0.08 * (m + 1),
          disturbance: { p99OverP50: r === 5 ? 4.2 : 1.2, roundSpread: 0.01, otherCpuShare: r === 5 ? 0.4 : 0.02 },
        });
      });
      const notes = [
        ...(r > 8
          ? [
              `masked weights stored sparsely; ${10 + (r % 3)} layers were left as they are, because storing them so takes more`,
            ]
          : []),
        ...(r % 2 === 1 ? ['this processor sums u8 x s8 products exactly (VNNI): no saturation'] : []),
      ];
      const collapsed =
        r === 14 ? 'it guesses (0.1 % of 1,000 classes); binary weights without training lose everything' : undefined;
      const top1 = isBaseline ? 78.3 - m : 78.3 - m + delta;
      return trial(
        { model, recipe, recipeText, isBaseline, notes, collapsed },
        {
          sizeBytes: Math.round(isBaseline ? 5e6 * (m + 1) : size / (1 + (r % 5))),
          n: 1000,
          top1,
          top1Interval: [top1 - 2.6, top1 + 2.4],
          ...(!isBaseline && {
            top1Delta: delta,
            top1DeltaInterval: [delta - 1, delta + 1],
            mcnemarP: Math.exp(-Math.abs(delta) * 2),
            agreement: 95,
          }),
          latency: times,
        },
      );
    }),
  );
  const view = run(trials);
  return {
    ...view,
    name: 'a night of ten models',
    status: 'done',
    trialsDone: trials.length - 1,
    trialsFailed: 1,
    endedAt: '2026-01-02T09:14:05Z',
    sweep: {
      ...view.sweep,
      targets: [
        { runtime: 'ort-cpu', threads: 1 },
        { runtime: 'ort-web', threads: 1 },
      ],
    },
    manifest: { ...view.manifest, targets: largeTargets },
  };
}
