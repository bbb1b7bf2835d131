import { ref, type Ref } from 'vue';
import { toAppError } from '@shared/errors';

/** Things that are asked one at a time, of which the last may not have worked. */
export function useAttempts(): {
  /** Why the last did not work; '' where it did. */
  problem: Ref<string>;
  isBusy: Ref<boolean>;
  /** Answers whether it worked; what did not is said. */
  attempt(work: () => Promise<unknown>): Promise<boolean>;
} {
  const problem = ref('');
  const isBusy = ref(false);
  async function attempt(work: () => Promise<unknown>): Promise<boolean> {
    problem.value = '';
    isBusy.value = true;
    try {
      await work();
      return true;
    } catch (thrown) {
      problem.value = toAppError(thrown).message;
      return false;
    } finally {
      isBusy.value = false;
    }
  }
  return { problem, isBusy, attempt };
}
