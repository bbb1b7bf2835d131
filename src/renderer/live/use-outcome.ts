import { shallowRef } from 'vue';
import { toAppError } from '@shared/errors';
import type { Tone } from '../components/ui/tone';

/** What became of the last thing that was to be kept: a sentence, or the problem. */
export function useOutcome() {
  const outcome = shallowRef<{ tone: Tone; text: string }>();

  /** @param work answers what was done, or why nothing was, or undefined where a person chose not to */
  async function attempt(work: () => Promise<string | { problem: string } | undefined>): Promise<void> {
    outcome.value = undefined;
    try {
      const said = await work();
      if (typeof said === 'string') outcome.value = { tone: 'good', text: said };
      else if (said) outcome.value = { tone: 'warning', text: said.problem };
    } catch (thrown) {
      outcome.value = { tone: 'error', text: toAppError(thrown).message };
    }
  }

  return { outcome, attempt };
}
