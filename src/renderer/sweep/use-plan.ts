import { watchDebounced } from '@vueuse/core';
import { computed, shallowRef } from 'vue';
import type { SweepPlan } from '@shared/sweep-plan';
import { toAppError } from '@shared/errors';
import { batteryWarning } from '@shared/presenter/sweep-plan';
import type { SweepFile } from '@shared/sweep-file';
import { call } from '../bridge/client';

/**
 * What a sweep will run, asked anew a moment after it changed. `sweep` is undefined while it is incomplete. From the moment of a change until
 * its plan is there the plan of before stays, and `isOld` says so.
 */
export function usePlan(sweep: () => SweepFile | undefined) {
  const plan = shallowRef<SweepPlan>();
  const problem = shallowRef<string>();
  const pending = shallowRef(false);
  const text = computed(() => {
    const now = sweep();
    return now && JSON.stringify(now);
  });
  /** The sweep that the plan or the problem is of. */
  const planned = shallowRef<string>();
  const isOld = computed(() => text.value !== undefined && (pending.value || text.value !== planned.value));
  let asked = 0;

  async function refresh(): Promise<void> {
    const turn = ++asked;
    const subject = text.value;
    if (!subject) {
      plan.value = problem.value = planned.value = undefined;
      pending.value = false;
      return;
    }
    pending.value = true;
    try {
      const wanted = JSON.parse(subject) as SweepFile;
      const [answer, onBattery] = await Promise.all([call('sweeps.plan', wanted), call('shell.onBattery')]);
      if (turn !== asked) return;
      const warns = onBattery && answer.cachedSteps < answer.steps;
      plan.value = warns ? { ...answer, warnings: [...answer.warnings, batteryWarning] } : answer;
      problem.value = undefined;
    } catch (thrown) {
      if (turn !== asked) return;
      plan.value = undefined;
      problem.value = toAppError(thrown).message;
    }
    planned.value = subject;
    pending.value = false;
  }

  watchDebounced(text, refresh, { debounce: 350, immediate: true });
  return { plan, problem, isOld, refresh };
}
