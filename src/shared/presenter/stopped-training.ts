import { formatNumber } from '../format';
import type { TrainingRecord } from '../training-record';

/** "stopped by hand after 1.5 of 4 epochs (step 84 of 224)"; undefined where nobody stopped it. */
export function stoppedText({ steps, stopped }: TrainingRecord): string | undefined {
  if (!stopped) return undefined;
  const epochs = (count: number): string => {
    const tenths = Math.round((10 * count) / stopped.stepsOfEpoch);
    return formatNumber(tenths / 10, tenths % 10 === 0 ? 0 : 1);
  };
  return `stopped by hand after ${epochs(steps)} of ${epochs(stopped.of)} epochs (step ${formatNumber(steps)} of ${formatNumber(stopped.of)})`;
}

/** "Training was stopped by hand after ...: this is not the result of the whole recipe." */
export const stoppedSentence = (texts: readonly string[]): string =>
  `Training was ${texts.join(', and ')}: this is not what the whole recipe gives.`;

/** Of all trainings of a trial, or of a step. */
export const stoppedTexts = (training: readonly TrainingRecord[] = []): string[] =>
  training.flatMap((record) => stoppedText(record) ?? []);
