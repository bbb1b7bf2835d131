import type { RuntimeInfo } from '@shared/contract';
import { toAppError } from '@shared/errors';
import { runtimes } from './registry';

/** What a person may choose as a target: every runtime Whittle knows, with its version and devices or the reason why it cannot be used here. */
export async function describeRuntimes(): Promise<RuntimeInfo[]> {
  return Promise.all(
    runtimes.map(async (runtime) => {
      const { id, title, format, maximumThreads } = runtime;
      const devices = await runtime.devices();
      try {
        return { id, title, format, maximumThreads, version: runtime.version(), devices };
      } catch (thrown) {
        return { id, title, format, maximumThreads, problem: toAppError(thrown).message, devices };
      }
    }),
  );
}
