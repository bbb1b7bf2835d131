import { onScopeDispose, shallowRef } from 'vue';
import type { PreprocessTrial } from '@shared/contract';
import type { InputOf } from '@shared/endpoints';
import type { WindowContract } from '@shared/shell-contract';
import { toAppError } from '@shared/errors';
import type { Progress } from '@shared/run';
import { runJob } from '../bridge/client';

/** Tries every usual preprocessing of a model on labelled images, when asked. */
export function usePreprocessTrial() {
  const trial = shallowRef<PreprocessTrial>();
  const progress = shallowRef<Progress>();
  const problem = shallowRef<string>();
  const busy = shallowRef(false);
  let running: AbortController | undefined;

  async function start(request: InputOf<WindowContract['models.tryPreprocess']>): Promise<void> {
    const turn = (running = new AbortController());
    busy.value = true;
    progress.value = problem.value = undefined;
    try {
      const onProgress = (now: Progress): void => void (progress.value = now);
      trial.value = await runJob('models.tryPreprocess', request, { signal: turn.signal, onProgress });
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code !== 'cancelled') problem.value = error.message;
    }
    busy.value = false;
  }

  const cancel = (): void => running?.abort();
  onScopeDispose(cancel);
  return { trial, progress, problem, busy, start, cancel };
}
