import { formatMs, formatNumber } from '../../format';
import type { Rule } from './evidence';

/** Cold starts are medians of up to five and scatter; only what people notice is said. */
const leastFactor = 1.5;
const leastMs = 30;

/** Weights that are decoded, and kernels that are prepared, when a session opens. */
export const slowStart: Rule = {
  id: 'slow-start',
  shownIn: 'metrics',
  explain({ latency, referenceLatency }) {
    // A device starts otherwise than a processor, for reasons of its own.
    if (!latency || !referenceLatency || latency.baselineTarget !== undefined) return undefined;
    const [own, before] = [latency.coldStartMs, referenceLatency.coldStartMs];
    if (!(own > leastFactor * before) || own - before < leastMs) return undefined;
    return `Starting takes ${formatMs(own)}, ${formatNumber(own / before, 1)} times as long as before (${formatMs(before)}): the file is decoded and prepared when it is opened. The ${formatMs(latency.p50Ms)} of an image come after that.`;
  },
};
