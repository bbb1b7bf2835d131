import type { NumberRange } from '../components/ui/number-range';

const images: NumberRange = { minimum: 0, whole: true };

/** The numbers of a sweep that its file fixes: how many images, where and when. */
export const sweepRanges = {
  images,
  seed: images,
  threads: { minimum: 1, maximum: 256, whole: true },
  pixels: { minimum: 1, maximum: 4096, whole: true },
  colour: { minimum: 0, maximum: 255 },
  deviation: { above: 0, maximum: 255 },
} satisfies Record<string, NumberRange>;

/** How many threads a runtime takes; any number of those a file may say where nothing is known of it. */
export const threadsRangeOf = (runtime?: { maximumThreads?: number }): NumberRange & { maximum: number } => ({
  ...sweepRanges.threads,
  maximum: runtime?.maximumThreads ?? sweepRanges.threads.maximum,
});
