import { ref, shallowRef, type Ref, type ShallowRef } from 'vue';
import { toAppError } from '@shared/errors';

export interface SettingChanges {
  problem: Ref<string>;
  /** What was changed last, and the way back. */
  undoable: ShallowRef<{ sentence: string; revert: () => Promise<unknown> } | undefined>;
  /** Does it at once. `act` answers what takes it back. */
  apply(sentence: string, act: () => Promise<() => Promise<unknown>>): Promise<void>;
  undo(): Promise<void>;
  /** Does what needs no way back; what goes wrong is said. */
  attempt(work: () => Promise<unknown>): Promise<void>;
}

/** Changes that hold at once, of which the last can be taken back. */
export function settingChanges(): SettingChanges {
  const problem = ref('');
  const undoable: SettingChanges['undoable'] = shallowRef();

  async function attempt(work: () => Promise<unknown>): Promise<void> {
    problem.value = '';
    try {
      await work();
    } catch (thrown) {
      problem.value = toAppError(thrown).message;
    }
  }
  const apply: SettingChanges['apply'] = (sentence, act) =>
    attempt(async () => {
      const revert = await act();
      undoable.value = { sentence, revert };
    });
  async function undo(): Promise<void> {
    const last = undoable.value;
    undoable.value = undefined;
    if (last) await attempt(last.revert);
  }
  return { problem, undoable, apply, undo, attempt };
}
