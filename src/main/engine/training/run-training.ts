import type { Augmentation } from '@shared/augmentation';
import { AppError } from '@shared/errors';
import type { RuntimeTensor } from '../compression/calculator';
import type { TechniqueContext, TrainingBatch, TrainingImages } from '../compression/calibration/technique-context';
import { decodeCheckpoint, encodeCheckpoint, type Standing } from './checkpoint';
import type { TrainingSession } from './training-session';

export interface TrainingRun {
  /** Of the technique, for messages. */
  id: string;
  session: TrainingSession;
  images: TrainingImages;
  /** What goes into a step with a batch. */
  feedsOf(batch: TrainingBatch): Promise<Record<string, RuntimeTensor>>;
  /** How they vary from epoch to epoch. */
  augmentation: Augmentation;
  batch: number;
  iterations: number;
  /** The learning rate of a step, from 0. */
  rateAt(step: number): number;
  /** Between two checkpoints. */
  checkpointMs: number;
  /** Before each step, from 0, also before the first after a resumption. */
  beforeStep?(step: number, session: TrainingSession): void;
  /** Before held-out images judge: a network that is trained in a softer form than it will have takes that. */
  beforeJudging?(session: TrainingSession): void;
}

/** Mean losses on held-out images; undefined where none are held out. */
export interface Judgement {
  before: number | undefined;
  after: number | undefined;
  images: number;
}

/** One image of so many judges, up to the most. */
const [oneOf, mostJudges] = [8, 128];

/** Images that judge and are not trained on, in whole batches: none where they would not fill one. */
export function heldOutCount(count: number, batch: number): number {
  return Math.floor(Math.min(mostJudges, count / oneOf) / batch) * batch;
}

type RunContext = Pick<TechniqueContext, 'seed' | 'progress' | 'signal' | 'checkpoint'>;

/**
 * Trains for so many steps, epoch after epoch, and judges before and after. A run that was interrupted goes on from its last checkpoint
 * with the same batches and numbers as if it had not been.
 * Throws `technique.failed` where the loss is no longer a number or too few images can be read, `cancelled`.
 */
export async function runTraining(run: TrainingRun, context: RunContext): Promise<Judgement> {
  const { session, images, batch } = run;
  const judges = heldOutCount(images.count, batch);
  const { heldOut, others } = judges > 0 ? images.holdOut(judges, context.seed) : { others: images };
  const saved = await context.checkpoint?.latest();
  let standing = saved && decodeCheckpoint(saved, session.carried);
  if (standing) session.resumeAt(standing.done);
  else standing = { done: 0, epoch: 0, batches: 0, before: (await judge(run, heldOut, context)) ?? null };
  await train({ ...run, images: others }, standing, context);
  if (!session.carried.every((numbers) => numbers.every(Number.isFinite))) throw diverged(run, standing);
  const after = await judge(run, heldOut, context);
  return { before: standing.before ?? undefined, after, images: judges };
}

/** The mean loss over batches of images that are not trained on. */
async function judge(
  run: TrainingRun,
  images: TrainingImages | undefined,
  { signal }: RunContext,
): Promise<number | undefined> {
  if (!images) return undefined;
  run.beforeJudging?.(run.session);
  let [sum, done] = [0, 0];
  for await (const { data, shape, labels } of images.batches(run.batch)) {
    if (signal.aborted) throw new AppError('cancelled');
    const count = labels.length;
    // Images that cannot be read leave the last batch short.
    if (count < run.batch) break;
    const batch = { pixels: data, shape, count, ...(images.isLabelled ? { labels: Int32Array.from(labels) } : {}) };
    sum += await run.session.lossOn(await run.feedsOf(batch));
    done++;
  }
  return done === 0 ? undefined : sum / done;
}

async function train(run: TrainingRun, standing: Standing, context: RunContext): Promise<void> {
  const { session, images, augmentation, batch, iterations, checkpointMs } = run;
  const { seed, signal, checkpoint } = context;
  let savedAt = performance.now();
  for (; standing.done < iterations; standing.epoch++, standing.batches = 0) {
    const order = {
      seed,
      epoch: standing.epoch,
      batch,
      from: standing.batches,
      lastBatch: 'drop',
      augmentation,
    } as const;
    for await (const next of images.trainingBatches(order)) {
      if (signal.aborted) throw new AppError('cancelled');
      context.progress('training', standing.done, iterations);
      run.beforeStep?.(standing.done, session);
      const loss = await session.train(await run.feedsOf(next), run.rateAt(standing.done));
      standing.done++;
      standing.batches++;
      if (!Number.isFinite(loss)) throw diverged(run, standing);
      if (standing.done === iterations) return;
      if (checkpoint && performance.now() - savedAt >= checkpointMs) {
        await checkpoint.save(encodeCheckpoint(standing, session.carried));
        savedAt = performance.now();
      }
    }
    if (standing.batches === 0) throw failed(run, 'fewer images can be read than a batch has');
  }
}

const diverged = (run: TrainingRun, { done }: Standing): AppError =>
  failed(run, `the loss is no longer a number after ${done} steps; give a smaller learningRate`);

const failed = ({ id }: TrainingRun, detail: string): AppError => new AppError('technique.failed', { id, detail });
