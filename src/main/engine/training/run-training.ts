import type { Augmentation } from '@shared/augmentation';
import { AppError } from '@shared/errors';
import type { TrainingRecord } from '@shared/training-record';
import type { RuntimeTensor } from '../compression/calculator';
import type { TechniqueContext, TrainingBatch, TrainingImages } from '../compression/calibration/technique-context';
import { decodeCheckpoint, encodeCheckpoint, type Standing } from './checkpoint';
import { addJudgement, addLoss, newCourse, recordOf } from './training-course';
import type { Judged, TrainingSession } from './training-session';
import { trainingStage } from './training-stage';

export interface TrainingRun {
  /** Of the technique, for messages. */
  id: string;
  session: TrainingSession;
  images: TrainingImages;
  /** What goes into a step with a batch. */
  feedsOf(batch: TrainingBatch): Promise<Record<string, RuntimeTensor>>;
  /** How they vary from epoch to epoch. */
  augmentation: Augmentation;
  /** Alpha of mixup, up to 1; none where absent. */
  mixup?: number;
  batch: number;
  /** Steps, at most. */
  iterations: number;
  /** It ends after so many judgements in a row without gain; absent: after all steps. */
  patience?: number;
  /** The first step whose weights may be kept: those before are still on their way to the form that is wanted. 1 where absent. */
  keepFrom?: number;
  /** The learning rate of a step, from 0. */
  rateAt(step: number): number;
  /** Between two checkpoints. */
  checkpointMs?: number;
  /** Before each step, from 0, also before the first after a resumption. */
  beforeStep?(step: number, session: TrainingSession): void;
  /** Before held-out images judge: a network that is trained in a softer form than it will have takes that. */
  beforeJudging?(session: TrainingSession): void;
}

/** Mean losses on held-out images; undefined where none are held out. */
export interface Judgement {
  before: number | undefined;
  /** Of the weights that were best. */
  after: number | undefined;
  images: number;
  record: TrainingRecord;
}

/** Whether held-out images say that the best weights are no better than those before. */
export const isWorse = ({ before, after }: Pick<Judgement, 'before' | 'after'>): boolean =>
  before !== undefined && after !== undefined && !(after < before);

/** Between two checkpoints: what an interruption costs at most. */
const usualCheckpointMs = 120_000;

/** One image of so many judges, up to the most; where these fill no batch, one batch does of at least so many. */
const [oneOf, mostJudges, fewestBatches] = [8, 128, 4];

/** Points of a curve, at most: of losses, and of judgements, of which each epoch has one where there are fewer. */
const [mostLosses, mostJudgements] = [60, 40];

/** Images that judge and are not trained on, in whole batches; none of so few images that the others would miss them. */
export function heldOutCount(count: number, batch: number): number {
  const judges = Math.floor(Math.min(mostJudges, count / oneOf) / batch) * batch;
  return judges > 0 || count < fewestToHoldOut(batch) ? judges : batch;
}

/** Images of which some are held out. */
export const fewestToHoldOut = (batch: number): number => fewestBatches * batch;

type RunContext = Pick<TechniqueContext, 'seed' | 'progress' | 'signal' | 'stop' | 'checkpoint'> &
  Partial<Pick<TechniqueContext, 'note'>>;

/**
 * Trains epoch after epoch, and judges before and after each; in the end the session has the weights that were best, or the last where none
 * are held out. A run that was interrupted goes on from its last checkpoint with the same batches and numbers as if it had not been; one that
 * was stopped ends after the step under way, with what was best until then, and leaves a checkpoint to go on from.
 * Throws `technique.failed` where the loss is no longer a number or too few images can be read, `cancelled`.
 */
export async function runTraining(run: TrainingRun, context: RunContext): Promise<Judgement> {
  const { session, images, batch } = run;
  const judges = heldOutCount(images.count, batch);
  const { heldOut, others } = judges > 0 ? images.holdOut(judges, context.seed) : { others: images };
  const judge = (): Promise<Judged | undefined> => meanOver(heldOut, run, context.signal);
  const saved = await context.checkpoint?.latest();
  let standing = saved && decodeCheckpoint(saved, session.carried);
  if (standing) session.resumeAt(standing.done, standing.course.best !== undefined);
  else {
    standing = { done: 0, epoch: 0, batches: 0, course: newCourse() };
    const before = await judge();
    if (before) addJudgement(standing.course, 0, before, false);
  }
  const stepsOfEpoch = Math.max(1, Math.floor(others.count / batch));
  const ending = await train({ ...run, images: others }, stepsOfEpoch, judge, standing, context);
  const { course, done } = standing;
  const isBroken = !session.carried.every((numbers) => numbers.every(Number.isFinite));
  if (isBroken && course.best === undefined) throw diverged(run, standing);
  const { best } = course;
  const before = course.heldOut.find(({ step }) => step === 0)?.loss;
  const isGain = best === undefined || before === undefined || run.keepFrom !== undefined || best.loss < before;
  // Stopped on the way to the form that is wanted, it has no weights in that form.
  const isShort = ending === 'stopped' && best === undefined && done < (run.keepFrom ?? 0);
  const keptStep = isGain && !isShort ? (best?.step ?? done) : 0;
  const stopped = ending === 'stopped' ? { of: run.iterations, stepsOfEpoch } : undefined;
  const record = recordOf(course, { technique: run.id, batch, steps: done, heldOutImages: judges, keptStep, stopped });
  return { before, after: best?.loss, images: judges, record };
}

/** Means over batches of images that are not trained on; undefined where there are none. */
async function meanOver(
  images: TrainingImages | undefined,
  run: TrainingRun,
  signal: AbortSignal,
): Promise<Judged | undefined> {
  if (!images) return undefined;
  run.beforeJudging?.(run.session);
  const found: Judged[] = [];
  for await (const { data, shape, labels } of images.batches(run.batch)) {
    if (signal.aborted) throw new AppError('cancelled');
    const count = labels.length;
    // Images that cannot be read leave the last batch short.
    if (count < run.batch) break;
    const batch = { pixels: data, shape, count, ...(images.isLabelled ? { labels: Int32Array.from(labels) } : {}) };
    found.push(await run.session.judge(await run.feedsOf(batch)));
  }
  if (found.length === 0) return undefined;
  const mean = (of: (judged: Judged) => number): number =>
    found.reduce((sum, judged) => sum + of(judged), 0) / found.length;
  const told = found.every(({ agreement }) => agreement !== undefined);
  return { loss: mean(({ loss }) => loss), ...(told && { agreement: mean(({ agreement }) => agreement!) }) };
}

/** Whether somebody stopped it, or it came to its end. */
async function train(
  run: TrainingRun,
  stepsOfEpoch: number,
  judge: () => Promise<Judged | undefined>,
  standing: Standing,
  context: RunContext,
): Promise<'ended' | 'stopped'> {
  const {
    session,
    images,
    augmentation,
    mixup = 0,
    batch,
    iterations,
    patience,
    keepFrom = 1,
    checkpointMs = usualCheckpointMs,
  } = run;
  const { seed, signal, stop, checkpoint } = context;
  const { course } = standing;
  const lossEvery = Math.max(Math.ceil(stepsOfEpoch / 4), Math.ceil(iterations / mostLosses));
  const judgeEvery =
    patience === undefined ? Math.max(stepsOfEpoch, Math.ceil(iterations / mostJudgements)) : stepsOfEpoch;
  const saveEveryMs = checkpoint?.everyMs ?? checkpointMs;
  const beganAt = performance.now() - 1000 * course.seconds;
  let savedAt = performance.now();
  for (; standing.done < iterations; standing.epoch++, standing.batches = 0) {
    const order = {
      seed,
      epoch: standing.epoch,
      batch,
      from: standing.batches,
      lastBatch: 'drop',
      augmentation,
      mixup,
    } as const;
    const batches = images.trainingBatches(order);
    let waitedMs = 0;
    for await (const next of batches) {
      if (signal.aborted) throw new AppError('cancelled');
      const facts = { done: standing.done, iterations, batch, mayEnd: patience !== undefined };
      context.progress(trainingStage(course, facts), standing.done, iterations);
      run.beforeStep?.(standing.done, session);
      const loss = await session.train(await run.feedsOf(next), run.rateAt(standing.done));
      const done = ++standing.done;
      standing.batches++;
      if (!Number.isFinite(loss)) {
        if (course.best === undefined) throw diverged(run, standing);
        context.note?.(
          `The loss was no longer a number after ${done} steps, where training ended; a smaller learningRate may gain more.`,
        );
        return 'ended';
      }
      const isLast = done === iterations;
      addLoss(course, done, loss, isLast || done % lossEvery === 0);
      course.waitedMs += batches.waitedMs - waitedMs;
      waitedMs = batches.waitedMs;
      course.seconds = (performance.now() - beganAt) / 1000;
      const isJudged = isLast || done % judgeEvery === 0;
      if (isJudged) {
        const judged = await judge();
        if (judged && addJudgement(course, done, judged, done >= keepFrom)) session.keep();
        course.seconds = (performance.now() - beganAt) / 1000;
      }
      if (isLast || course.withoutGain === patience) return 'ended';
      if (stop?.aborted) {
        context.progress('keeping the best so far', done, iterations);
        // Before a judgement that it would not have had here: whoever goes on does so as if it had not been stopped.
        await checkpoint?.save(encodeCheckpoint(standing, session.carried));
        const judged = isJudged ? undefined : await judge();
        if (judged && addJudgement(course, done, judged, done >= keepFrom)) session.keep();
        return 'stopped';
      }
      if (checkpoint && performance.now() - savedAt >= saveEveryMs) {
        await checkpoint.save(encodeCheckpoint(standing, session.carried));
        savedAt = performance.now();
      }
    }
    if (standing.batches === 0) throw failed(run, 'fewer images can be read than a batch has');
  }
  return 'ended';
}

const diverged = (run: TrainingRun, { done }: Standing): AppError =>
  failed(run, `the loss is no longer a number after ${done} steps; give a smaller learningRate`);

const failed = ({ id }: TrainingRun, detail: string): AppError => new AppError('technique.failed', { id, detail });
