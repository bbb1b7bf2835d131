import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue';
import { toAppError } from '@shared/errors';
import type { FlipReport } from '@shared/flips';
import { call } from '../bridge/client';

export interface FlipsQuestion {
  run: string;
  trial: string;
  against: string | undefined;
  runtime: string | undefined;
}

/** Who walks through the matrix by key is asked for what stands still. */
const askAfterMs = 150;

/** The flips of the trial that is looked at; null where there is nothing to ask. */
export function useTrialFlips(question: () => FlipsQuestion | null): {
  report: ShallowRef<FlipReport | undefined>;
  problem: Ref<string>;
} {
  const report = shallowRef<FlipReport>();
  const problem = ref('');
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = 0;

  async function ask(input: FlipsQuestion): Promise<void> {
    const mine = ++asked;
    try {
      const answer = await call('trials.flips', input);
      if (mine === asked) report.value = answer;
    } catch (thrown) {
      if (mine === asked) problem.value = toAppError(thrown).message;
    }
  }
  watch(
    () => JSON.stringify(question()),
    (text) => {
      clearTimeout(timer);
      asked++;
      report.value = undefined;
      problem.value = '';
      const input = JSON.parse(text) as FlipsQuestion | null;
      if (input) timer = setTimeout(() => void ask(input), askAfterMs);
    },
    { immediate: true },
  );
  onScopeDispose(() => clearTimeout(timer));
  return { report, problem };
}
