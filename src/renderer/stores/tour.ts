import { defineStore } from 'pinia';
import { computed, shallowRef } from 'vue';
import { useRouter } from 'vue-router';
import { tourSteps } from '../tour/tour-steps';
import { useSettingsStore } from './settings';
import { useSweepDraftStore } from './sweep-draft';
import { useSweepInputsStore } from './sweep-inputs';

const key = 'tour';

/** The tour: offered once, on a first start; whatever is answered, it is never offered again. */
export const useTourStore = defineStore('tour', () => {
  const settings = useSettingsStore();
  const router = useRouter();
  const at = shallowRef<number>();
  const isOffered = shallowRef(false);
  const step = computed(() => (at.value === undefined ? undefined : tourSteps[at.value]));

  /** Offers the tour where nothing was chosen or run yet. */
  async function offer(): Promise<void> {
    isOffered.value = useSweepDraftStore().draft.models.length === 0 && (await settings.recall(key)) === undefined;
  }

  async function dismiss(): Promise<void> {
    isOffered.value = false;
    await settings.remember(key, 'seen');
  }

  async function show(index: number): Promise<void> {
    await router.push({ name: tourSteps[index]!.view });
    at.value = index;
  }

  /** A sweep that was begun stays as it is. */
  async function start(): Promise<void> {
    void dismiss();
    if (useSweepDraftStore().draft.models.length === 0) await useSweepInputsStore().useStarter();
    await show(0);
  }

  const end = (): void => void (at.value = undefined);
  const next = async (): Promise<void> => {
    const following = (at.value ?? 0) + 1;
    if (following < tourSteps.length) await show(following);
    else end();
  };
  const back = (): Promise<void> => show(Math.max(0, (at.value ?? 0) - 1));

  return { at, step, isOffered, offer, dismiss, start, next, back, end };
});
