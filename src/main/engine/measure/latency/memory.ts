import { readFile, writeFile } from 'node:fs/promises';
import { throwIfCancelled } from '../cancellation';
import { TimedModel, type TimedModelOptions } from './timed-model';

export interface PeakMemoryOptions extends Omit<TimedModelOptions, 'seed'> {
  modelPath: string;
  signal: AbortSignal;
}

const runs = 3;
/** Of its made-up image. */
export const peakMemorySeed = 'peak memory';

/**
 * Highest resident memory of this process, bytes, while it loads the model and runs it three times: weights, activations,
 * runtime and Node itself (some 50 MB). To describe this model alone it must come first in a fresh worker, before a baseline is
 * loaded; on Linux the kernel's mark is reset beforehand, so that only memory still held counts against it.
 */
export async function measurePeakMemory(options: PeakMemoryOptions): Promise<number> {
  const { modelPath, signal, ...rest } = options;
  await resetPeakMemory();
  const model = await TimedModel.open(modelPath, { ...rest, seed: peakMemorySeed });
  try {
    for (let run = 0; run < runs; run++) {
      throwIfCancelled(signal);
      await model.time();
    }
    return await peakMemoryBytes();
  } finally {
    await model.close();
  }
}

/** Highest resident memory of this process since its start or the last reset, bytes. */
export async function peakMemoryBytes(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  return parsePeakMemory(status) ?? process.resourceUsage().maxRSS * 1024;
}

/** VmHWM of /proc/PID/status in bytes, if it is there. */
export function parsePeakMemory(status: string): number | undefined {
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(status);
  return match ? Number(match[1]) * 1024 : undefined;
}

/** Linux only: sets the peak to what is resident now (proc(5), clear_refs). Elsewhere, or where forbidden, it stays. */
async function resetPeakMemory(): Promise<void> {
  await writeFile('/proc/self/clear_refs', '5').catch(() => undefined);
}
