import { formatMs, formatPercent, formatRatio } from '@shared/format';
import type { LatencyMetrics } from '@shared/metrics';
import { defaultTarget, targetName } from '@shared/sweep-file';
import { takeStratified } from '../dataset/choose-splits';
import type { ImageSet } from '../dataset/dataset';
import { ExitObserver } from '../measure/exit-observer';
import { inputTensor } from '../measure/model-input';
import { latencyInputSeed } from '../measure/latency/latency';
import { peakMemorySeed } from '../measure/latency/memory';
import { sampleInput } from '../measure/latency/sample-input';
import { findRuntime } from '../runtimes/registry';
import type { MeasureJob } from './job';
import { singleImages } from './single-images';

/** Of each session pair: as many in each of its rounds, half of them before and half after the other network. */
const imagesOfPair = 32;

/** The images of each session pair, by its number: others in each pair, until all had their turn, so that the interval over pairs is one over images too. */
export function measuredImages(set: ImageSet<'eval'>, seed: number): (pair: number) => ImageSet<'eval'> {
  const { taken } = takeStratified(set.entries, set.entries.length, seed);
  return (pair) => ({
    ...set,
    entries: Array.from({ length: imagesOfPair }, (_, at) => taken[(pair * imagesOfPair + at) % taken.length]!),
  });
}

export interface LeftEarly {
  images: number;
  leftEarly: NonNullable<LatencyMetrics['leftEarly']>;
  /** The made-up images that memory and starts are measured with leave early too. */
  madeUp: boolean;
}

/** Where the images of the first pairs leave, in the usual runtime. Throws as `ExitObserver.open` and `singleImages`. */
export async function observeExits(
  { candidatePath, card, seed, cacheFolder = '', target }: MeasureJob,
  imagesOf: (pair: number) => ImageSet<'eval'>,
  pairs: number,
  signal: AbortSignal,
): Promise<LeftEarly> {
  const measured = Array.from({ length: pairs }, (_, pair) => imagesOf(pair).entries).flat();
  const set = { ...imagesOf(0), entries: [...new Set(measured)] };
  const observer = await ExitObserver.open(candidatePath, card, findRuntime(defaultTarget.runtime), target.threads);
  try {
    const { input, exits } = observer;
    const found: (string | undefined)[] = [];
    for await (const image of singleImages(set, card, { cacheFolder, signal }, input.pixels))
      found.push(await observer.exitOf(inputTensor(input, image)));
    const percentAt = (exit: string): number => (100 * found.filter((each) => each === exit).length) / found.length;
    let madeUp = false;
    for (const each of [latencyInputSeed(seed), peakMemorySeed])
      madeUp ||= (await observer.exitOf(sampleInput(card, 1, each, input))) !== undefined;
    const leftEarly = exits.map((node) => ({ node, percent: percentAt(node) }));
    return { images: found.length, leftEarly, madeUp };
  } finally {
    await observer.close();
  }
}

/** What a person should know of a time that depends on the image. */
export function imagesNote(
  { p50Ms, p90Ms, ratio, meanMs = NaN }: Pick<LatencyMetrics, 'p50Ms' | 'p90Ms' | 'ratio' | 'meanMs'>,
  { images, leftEarly, madeUp }: LeftEarly,
  target: MeasureJob['target'],
): string {
  const left = leftEarly.reduce((sum, { percent }) => sum + percent, 0);
  const places = leftEarly.map(({ node, percent }) => `${formatPercent(percent, 0)} at ${node}`).join(', ');
  const early = places === '' ? 'it has no exits' : `${formatPercent(left, 0)} left early (${places})`;
  const aside = madeUp ? ' Memory and cold start are those of a made-up image that leaves early.' : '';
  return (
    `${targetName(target)}: since its time may depend on the image, ${images} evaluation images were timed, one at a time: ${formatMs(meanMs)} in the mean ` +
    `(${formatRatio(ratio)} beside the baseline), p50 ${formatMs(p50Ms)}, p90 ${formatMs(p90Ms)}; ${early}.${aside}`
  );
}
