import { formatNumber, formatPercent } from '@shared/format';
import { stoppedText } from '@shared/presenter/stopped-training';
import { isWorse, type Judgement } from './run-training';

/** Above this share of its time a training waits for its images noticeably. */
const noticeableWait = 0.1;

/**
 * What people should know of a training, as sentences.
 * @param taughtBy "the float network and labels"
 * @param asItWas what there is where training gained nothing
 */
export function trainingNotes(
  { before, after, images, record }: Judgement,
  taughtBy: string,
  asItWas = 'the network was left as it was; a smaller learningRate may gain something',
): string[] {
  const { steps, batch, heldOut, keptStep, waitedShare } = record;
  const isGain = keptStep > 0 && !isWorse({ before, after });
  const stopped = stoppedText(record);
  const end = stopped === undefined ? '' : ` It was ${stopped}.`;
  const notes = [`Trained for ${formatNumber(steps)} steps of ${batch} images, by ${taughtBy}.${end}`];
  if (images === 0) notes.push('Too few images to hold some out: nothing judged whether training gained.');
  if (before !== undefined && after !== undefined) {
    const change = `${before.toPrecision(3)} before, ${after.toPrecision(3)} after`;
    const kept = !isGain
      ? `. It did not fall, so ${asItWas}`
      : keptStep < steps
        ? `; the weights of step ${formatNumber(keptStep)} were best and are kept`
        : '';
    notes.push(`Loss on ${images} images that were not trained on: ${change}${kept}.`);
  }
  const [first, kept] = [heldOut.at(0), heldOut.find(({ step }) => step === keptStep)];
  if (isGain && first?.agreement !== undefined && kept?.agreement !== undefined)
    notes.push(
      `Of these images, ${formatPercent(first.agreement)} had the class of the float network before, ${formatPercent(kept.agreement)} have it after.`,
    );
  if (waitedShare > noticeableWait)
    notes.push(
      `Steps waited for their images ${formatPercent(100 * waitedShare, 0)} of the time: reading and decoding them is what limits the speed.`,
    );
  return notes;
}
