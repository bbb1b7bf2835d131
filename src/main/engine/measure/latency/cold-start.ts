import { readFile } from 'node:fs/promises';
import { throwIfCancelled } from '../cancellation';
import { median } from '@shared/statistics/percentile';
import { TimedModel, type TimedModelOptions } from './timed-model';

const maximumStarts = 5;
const budgetMs = 2000;

/** Milliseconds; of several starts, medians. */
export interface ColdStart {
  coldStartMs: number;
  /** The inference alone. */
  firstInferenceMs: number;
}

/**
 * Load plus first inference, milliseconds: what an application waits for before its first answer. Median of up to five starts
 * within two seconds, at least one. The file is read once before, so the disk's cache does not decide; the one-time start of
 * the runtime's library, the same for every model, falls on the first start and out of the median. The sample input is made
 * outside the time.
 */
export async function measureColdStart(
  path: string,
  options: TimedModelOptions,
  signal: AbortSignal,
): Promise<ColdStart> {
  await readFile(path);
  const starts: number[] = [];
  const firsts: number[] = [];
  let spentMs = 0;
  do {
    throwIfCancelled(signal);
    const start = performance.now();
    const model = await TimedModel.open(path, options);
    const loadMs = performance.now() - start - model.prepareMs;
    const firstMs = await model.timeCall();
    starts.push(loadMs + firstMs);
    firsts.push(firstMs);
    spentMs += loadMs + firstMs;
    await model.close();
  } while (starts.length < maximumStarts && spentMs < budgetMs);
  return { coldStartMs: median(starts), firstInferenceMs: median(firsts) };
}
