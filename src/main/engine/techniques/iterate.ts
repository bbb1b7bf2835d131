import { z } from 'zod';
import { AppError } from '@shared/errors';
import { stoppedTexts } from '@shared/presenter/stopped-training';
import type { TrainingRecord } from '@shared/training-record';
import type { Cached, TechniqueContext, TrainingImages } from '../compression/calibration/technique-context';
import { hasDecodedWeights, storeSparseWeights } from '../compression/storage/sparse-weights';
import { countMacs } from '../onnx/count';
import type { Graph } from '../onnx/graph';
import { heldOutAccuracy, heldOutAnswers } from '../training/held-out-answers';
import { fixedBatch } from '../training/network-batch';
import { compressInRounds } from '../training/rounds';
import type { Round } from '../training/rounds-checkpoint';
import { finetune } from './finetune';
import { parseParams } from './parse-params';
import { pruneChannels } from './prune-channels';
import { pruneMagnitude } from './prune-magnitude';
import { pruneSecondOrder } from './prune-second-order';
import { storePruned } from './pruned-weights';
import { defineTechnique, handlingOf, type Technique } from './technique';
import { blocksParam, trainingParams, usualBlocks } from './training-params';

const id = 'iterate';

const usual = trainingParams({ epochs: 2, learningRate: 1e-4 });

/** What a round may compress with, each as a technique of its own; their other parameters stand at their defaults. */
const compressors = {
  'prune.magnitude': { technique: pruneMagnitude, of: 'the weights' },
  'prune.secondOrder': { technique: pruneSecondOrder, of: 'the weights' },
  'prune.channels': { technique: pruneChannels, of: 'the MACs' },
} satisfies Record<string, { technique: Technique; of: string }>;
type Compressor = keyof typeof compressors;

/** What `prune.channels` takes at most at once. */
const leastMacs = 0.1;

/** What makes the network at hand one that has lost so much of the whole. */
function paramsFor(compressor: Compressor, amount: number, network: Graph, whole: Graph): Record<string, number> {
  if (compressor !== 'prune.channels') return { amount };
  const left = countMacs(network) / countMacs(whole);
  return { macs: Math.min(1, Math.max(leastMacs, (1 - amount) / left)) };
}

export const iterate = defineTechnique({
  id,
  title: 'Compress and train in rounds',
  summary:
    'Compresses a bit, trains, and looks at images that were held out, again and again until the network would lose more than it may: the last that kept the promise stays.',
  family: 'pruning',
  needs: ['train'],
  dependsOn: ['kernels'],
  version: 5,
  usesReference: true,
  endsByHand: true,
  params: z
    .strictObject({
      technique: z
        .enum(Object.keys(compressors) as [Compressor, ...Compressor[]])
        .default('prune.magnitude')
        .describe(
          'What compresses: weights become zero, by magnitude or by what their layer misses, which takes longer; or channels go',
        ),
      maxDrop: z
        .number()
        .min(0)
        .max(100)
        .default(1)
        .describe(
          'Percentage points of top-1 that may be lost on held-out images; without labels, percent of them whose class may change',
        ),
      from: z
        .number()
        .min(0.01)
        .max(0.9)
        .default(0.3)
        .describe('What is gone after the first round: a fraction of the weights, or of the MACs'),
      by: z.number().min(0.01).max(0.5).default(0.1).describe('What each further round takes'),
      to: z.number().min(0.01).max(0.9).default(0.9).describe('Where rounds end, whatever is still promised'),
      heldOut: z
        .number()
        .min(0.05)
        .max(0.5)
        .default(0.25)
        .describe('Share of the training images that only judges: more of them tell a point from chance'),
      ...usual,
      epochs: usual.epochs.describe('Times that every training image is seen in a round'),
      blocks: blocksParam(usualBlocks),
    })
    .refine(({ from, to }) => from <= to, '"from" must not be above "to"'),
  handling: ({ technique }) => {
    const inner = compressors[technique].technique;
    return handlingOf(inner, parseParams(inner, {}));
  },
  compensates: true,
  async apply(graph, params, context) {
    const { technique: compressor, maxDrop, from, by, to, heldOut: share, ...training } = params;
    const { technique, of } = compressors[compressor];
    const tuning = parseParams(finetune, training);
    const images = context.images('train');
    const judges = Math.max(fixedBatch(graph) ?? 1, Math.round(share * images.count));
    const { heldOut, others } = images.holdOut(judges, context.seed);
    const records: TrainingRecord[] = [];
    const float = await heldOutAnswers(await context.reference(), heldOut, context, id);
    const { top1 } = heldOutAccuracy(float, float);
    const amounts = amountsOf(from, by, to);
    const found = await compressInRounds(
      graph,
      {
        amounts,
        maxDrop,
        async next(network, amount, ofRound) {
          const train = fromEpoch(others, epochsOfRound * amounts.indexOf(amount));
          const images: TechniqueContext['images'] = (split) => ({ calibration: others, train })[split];
          const staged = { ...withStage(ofRound, `${percent(amount)} gone`), images };
          const step = parseParams(technique, paramsFor(compressor, amount, network, graph));
          const compressed = await technique.apply(network, step, staged).catch((thrown: unknown) => {
            if (network !== graph && thrown instanceof AppError && thrown.code === 'technique.not-applicable')
              return undefined;
            throw thrown;
          });
          if (!compressed) return undefined;
          const tuned = await finetune.apply(compressed, tuning, staged);
          // That an earlier step pruned is told by how its weights are stored.
          if (hasDecodedWeights(graph)) storeSparseWeights(tuned);
          return tuned;
        },
        async judge(network) {
          const accuracy = heldOutAccuracy(await heldOutAnswers(network, heldOut, context, id), float);
          const isLabelled = top1 !== undefined && accuracy.top1 !== undefined;
          const drop = isLabelled ? top1 - accuracy.top1! : 100 - accuracy.agreement;
          // Without the dust of divisions: a point is a point.
          return { accuracy, drop: Number(drop.toFixed(6)) };
        },
      },
      within({ ...context, trained: (record) => void records.push(record) }, others, [id, judges]),
    );
    for (const record of records) context.trained?.(record);
    for (const sentence of notesOf(found.rounds, { maxDrop, of, top1, stopped: stoppedTexts(records)[0] }))
      context.note(sentence);
    if (technique.handling(parseParams(technique, {})).leaves.weights === 'sparse' && found.network !== graph)
      storePruned(found.network, context);
    return found.network;
  },
});

/** From the first to the last, without the dust of binary fractions. */
function amountsOf(from: number, by: number, to: number): number[] {
  const rounds = Math.floor((to - from) / by + 1e-9) + 1;
  return Array.from({ length: rounds }, (_, round) => Number((from + round * by).toFixed(6)));
}

/** Epochs that no round has. */
const epochsOfRound = 100_000;

/** Images whose epochs begin later, so that each round sees other crops of them. */
const fromEpoch = (images: TrainingImages, first: number): TrainingImages => ({
  ...images,
  trainingBatches: (order) => images.trainingBatches({ ...order, epoch: first + order.epoch }),
  holdOut(count, seed) {
    const { heldOut, others } = images.holdOut(count, seed);
    return { heldOut, others: fromEpoch(others, first) };
  },
});

/** What the steps of a round get: images that do not judge, and results that are kept apart from those of other images. */
function within(context: TechniqueContext, images: TrainingImages, key: unknown[]): TechniqueContext {
  const { cached, seed } = context;
  const own = (inner: unknown): unknown[] => [...key, seed, inner];
  return {
    ...context,
    calibration: images,
    images: (split) => ({ calibration: images, train: images })[split],
    cached: Object.assign(<T>(inner: unknown, compute: () => Promise<T>) => cached(own(inner), compute), {
      peek: <T>(inner: unknown) => cached.peek<T>(own(inner)),
    }) satisfies Cached,
    note: (sentence) => context.log(sentence),
  };
}

const withStage = (context: TechniqueContext, round: string): TechniqueContext => ({
  ...context,
  progress: (stage, done, total) => context.progress(`${round}: ${stage}`, done, total),
});

const percent = (share: number): string => `${Number((100 * share).toFixed(2))} %`;
const points = (value: number): string => `${value.toFixed(1)} %`;

/** The curve, and where on it the network stands. */
function notesOf(
  rounds: readonly Round[],
  { maxDrop, of, top1, stopped }: { maxDrop: number; of: string; top1: number | undefined; stopped?: string },
): string[] {
  const curve = rounds.map(({ amount, accuracy }) => {
    const labelled = accuracy.top1 === undefined ? '' : `, top-1 ${points(accuracy.top1)}`;
    return `${percent(amount)} gone: agreement ${points(accuracy.agreement)}${labelled}`;
  });
  const images = rounds[0]?.accuracy.images ?? 0;
  const float = top1 === undefined ? '' : `, of which the float network gets ${points(top1)} right`;
  const kept = rounds.findLast(({ drop }) => drop <= maxDrop);
  const broken = rounds.find(({ drop }) => drop > maxDrop);
  const lost =
    broken && `${percent(broken.amount)} lost ${broken.drop.toFixed(1)} points, more than maxDrop ${maxDrop}`;
  return [
    `Rounds, judged on ${images} images that were not trained on${float}: ${curve.join('; ')}.`,
    kept
      ? `${percent(kept.amount)} of ${of} are gone${lost ? `; ${lost}` : stopped === undefined ? ', the most that was asked for or found' : ''}.`
      : `Already ${lost}: the network was left as it was.`,
    ...(stopped === undefined ? [] : [`The training of the last round was ${stopped}.`]),
  ];
}
