import type { Machine } from '@shared/run';
import { calculator } from '../compression/calculator';
import { runtimes } from '../runtimes/registry';
import type { Facts } from './requirement';

/** What this machine is. Runtimes whose libraries or devices are missing are left out. */
export async function ownFacts(machine: Machine, labels: readonly string[] = []): Promise<Facts> {
  const versions: Record<string, string> = { onnxruntime: calculator.version() };
  for (const runtime of runtimes) {
    try {
      const devices = await runtime.devices();
      if (devices.some(({ problem }) => problem === undefined)) versions[runtime.id] = runtime.version();
    } catch {
      // It is not here.
    }
  }
  return { labels: [...labels], machine, runtimes: versions };
}
