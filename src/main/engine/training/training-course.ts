import type { TrainingRecord } from '@shared/training-record';
import type { Judged } from './training-session';

type HeldOutPoint = TrainingRecord['heldOut'][number];

/** How a training has gone so far: plain data, which a checkpoint holds. */
export interface TrainingCourse {
  losses: TrainingRecord['losses'];
  /** Of the steps since the last of these. */
  sum: number;
  count: number;
  heldOut: HeldOutPoint[];
  /** The best of them whose weights may be kept. */
  best?: HeldOutPoint;
  /** Judgements since then. */
  withoutGain: number;
  seconds: number;
  waitedMs: number;
}

export const newCourse = (): TrainingCourse => ({
  losses: [],
  sum: 0,
  count: 0,
  heldOut: [],
  withoutGain: 0,
  seconds: 0,
  waitedMs: 0,
});

/** @param closes whether a point of the curve ends here */
export function addLoss(course: TrainingCourse, step: number, loss: number, closes: boolean): void {
  course.sum += loss;
  course.count++;
  if (!closes) return;
  course.losses.push({ step, loss: course.sum / course.count });
  [course.sum, course.count] = [0, 0];
}

/** @param mayKeep whether the weights of this step may be those that are kept. @returns whether they are the best so far */
export function addJudgement(course: TrainingCourse, step: number, judged: Judged, mayKeep: boolean): boolean {
  const { loss, agreement } = judged;
  const seconds = course.seconds;
  const point = { step, loss, ...(agreement !== undefined && { agreement: 100 * agreement }), seconds };
  course.heldOut.push(point);
  if (!mayKeep) return false;
  const isBest = course.best === undefined || loss < course.best.loss;
  if (isBest) course.best = point;
  course.withoutGain = isBest ? 0 : course.withoutGain + 1;
  return isBest;
}

/** The mean loss of the last steps. */
export const lastLoss = ({ losses, sum, count }: TrainingCourse): number | undefined =>
  count > 0 ? sum / count : losses.at(-1)?.loss;

/** As it is shown: four digits say enough. */
export function recordOf(
  course: TrainingCourse,
  of: Pick<TrainingRecord, 'technique' | 'batch' | 'steps' | 'heldOutImages' | 'keptStep' | 'stopped'>,
): TrainingRecord {
  const { losses, heldOut, seconds, waitedMs } = course;
  const { stopped, ...facts } = of;
  return {
    ...facts,
    losses: losses.map(({ step, loss }) => ({ step, loss: brief(loss) })),
    heldOut: heldOut.map((point) => ({
      step: point.step,
      loss: brief(point.loss),
      ...(point.agreement !== undefined && { agreement: brief(point.agreement) }),
      seconds: brief(point.seconds),
    })),
    seconds: brief(seconds),
    waitedShare: seconds > 0 ? brief(waitedMs / 1000 / seconds) : 0,
    ...(stopped && { stopped }),
  };
}

const brief = (value: number): number => Number(value.toPrecision(4));
