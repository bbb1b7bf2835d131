import { decimalsFor, formatDuration, formatNumber, formatPercent } from '@shared/format';
import { lastLoss, type TrainingCourse } from './training-course';

interface StageFacts {
  /** Steps that are done, and at most. */
  done: number;
  iterations: number;
  /** Images a step. */
  batch: number;
  /** Whether it may end before. */
  mayEnd: boolean;
}

/** What people read while a network is trained: "training, loss 0.231, held out 0.412, agreement 91.3 %, 34 images/s, 3 min 20 s left". */
export function trainingStage(course: TrainingCourse, { done, iterations, batch, mayEnd }: StageFacts): string {
  const { heldOut, seconds } = course;
  const [loss, last] = [lastLoss(course), heldOut.at(-1)];
  const number = (value: number): string => formatNumber(value, decimalsFor(value));
  const parts = ['training'];
  if (loss !== undefined) parts.push(`loss ${number(loss)}`);
  if (last) parts.push(`held out ${number(last.loss)}`);
  if (last?.agreement !== undefined) parts.push(`agreement ${formatPercent(last.agreement)}`);
  if (done > 0 && seconds > 0) {
    const left = formatDuration((1000 * seconds * (iterations - done)) / done);
    const speed = (done * batch) / seconds;
    parts.push(`${number(speed)} images/s`, `${mayEnd ? 'at most ' : ''}${left} left`);
  }
  return parts.join(', ');
}
