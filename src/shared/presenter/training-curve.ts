import {
  absent,
  decimalsFor,
  formatDuration,
  formatNumber,
  formatPercent,
  percentDecimals,
  writtenDecimals,
} from '../format';
import type { TrainingRecord } from '../training-record';
import { stoppedText } from './stopped-training';
import { linearTicks } from './axis-ticks';

/** Shares of a drawing's width and height, from its upper left corner. */
interface Place {
  x: number;
  y: number;
}

/** The loss while a network was trained, ready to draw. */
export interface TrainingCurve {
  /** On images that were trained on; a point is the mean since the one before. */
  trained: Place[];
  /** On images that were held out. */
  heldOut: Place[];
  /** Where the weights stood that were kept. */
  kept?: Place;
  stepTicks: { at: number; text: string }[];
  lossTicks: { at: number; text: string }[];
}

/** Free above and below the lines, as a share of what they span. */
const room = 0.06;
/** Ticks that a small drawing has place for. */
const mostTicks = 5;

/** Undefined where there is no line to draw. */
export function trainingCurve({ losses, heldOut, steps, keptStep }: TrainingRecord): TrainingCurve | undefined {
  if (Math.max(losses.length, heldOut.length) < 2 || steps < 1) return undefined;
  const all = [...losses, ...heldOut].map(({ loss }) => loss);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const margin = room * (most - least || Math.abs(most) || 1);
  const [low, high] = [least - margin, most + margin];
  const y = (loss: number): number => 1 - (loss - low) / (high - low);
  const place = ({ step, loss }: { step: number; loss: number }): Place => ({ x: step / steps, y: y(loss) });
  const kept = heldOut.find(({ step }) => step === keptStep);
  const lossFigures = few(linearTicks(low, high));
  const decimals = Math.max(0, ...lossFigures.map(writtenDecimals));
  return {
    trained: losses.map(place),
    heldOut: heldOut.map(place),
    ...(kept && { kept: place(kept) }),
    stepTicks: few(linearTicks(0, steps).filter(Number.isInteger)).map((step) => ({
      at: step / steps,
      text: formatNumber(step),
    })),
    lossTicks: lossFigures.map((loss) => ({ at: y(loss), text: formatNumber(loss, decimals) })),
  };
}

/** Every so many of them, so that they do not touch. */
function few(ticks: readonly number[]): number[] {
  const every = Math.ceil(ticks.length / mostTicks);
  return ticks.filter((_, at) => at % every === 0);
}

/** What a curve shows, in words: "Loss on 112 images that were held out: 9.66 → 3.23; class of the float network: 41.1 % → 78.0 %". */
export function heldOutSentence({ heldOut, heldOutImages, keptStep }: TrainingRecord): string {
  const [first, last] = [heldOut.at(0), heldOut.find(({ step }) => step === keptStep) ?? heldOut.at(-1)];
  if (!first || !last) return 'No images were held out to judge by.';
  const number = (value: number): string => formatNumber(value, decimalsFor(value));
  const loss = `Loss on ${formatNumber(heldOutImages)} images that were held out: ${number(first.loss)} → ${number(last.loss)}`;
  if (first.agreement === undefined || last.agreement === undefined) return `${loss}.`;
  const percent = (share: number): string => formatPercent(share, percentDecimals(heldOutImages));
  return `${loss}; with the class of the float network: ${percent(first.agreement)} → ${percent(last.agreement)}.`;
}

/** Which weights were kept, and how fast it was: "Weights of step 168 of 224 kept. 34.1 images/s, 6 min 12 s, 1.2 % of it waiting for images." */
export function trainingFacts(record: TrainingRecord): string {
  const { steps, batch, keptStep, seconds, waitedShare } = record;
  const stopped = stoppedText(record);
  const kept =
    keptStep === 0
      ? `No step of ${formatNumber(steps)} brought a gain: the network stayed as it was.`
      : `Weights of step ${formatNumber(keptStep)} of ${formatNumber(steps)} kept.`;
  const perSecond = (steps * batch) / seconds;
  const speed = seconds > 0 ? formatNumber(perSecond, decimalsFor(perSecond)) : absent;
  const end = stopped === undefined ? '' : ` Training was ${stopped}.`;
  return `${kept}${end} ${speed} images/s, ${formatDuration(1000 * seconds)}, ${formatPercent(100 * waitedShare)} of it waiting for images.`;
}

/** Which line is which. */
export const trainingKey = 'Thick line: images held out; thin: images trained on; ring: the weights that were kept.';
