import type { RuntimeInfo } from '@shared/contract';
import { toAppError } from '@shared/errors';
import { findLibrary } from './locate-library';
import { runtimes } from './registry';

/** What a person may choose as a target: every runtime Whittle knows, with its version and devices or the reason why it cannot be used here. */
export async function describeRuntimes(): Promise<RuntimeInfo[]> {
  return Promise.all(
    runtimes.map(async (runtime): Promise<RuntimeInfo> => {
      const { id, title, format, maximumThreads, library } = runtime;
      const path = library && findLibrary(library)?.path;
      const facts = { id, title, format, maximumThreads, ...(path !== undefined && { path }) };
      const devices = await runtime.devices();
      try {
        return { ...facts, version: runtime.version(), devices };
      } catch (thrown) {
        const command = path === undefined ? library?.command : undefined;
        return { ...facts, problem: toAppError(thrown).message, ...(command && { command }), devices };
      }
    }),
  );
}
