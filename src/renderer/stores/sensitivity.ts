import { defineStore } from 'pinia';
import { ref, shallowRef } from 'vue';
import { toAppError } from '@shared/errors';
import type { Progress } from '@shared/run';
import { defaultSensitivityImages, type SensitivityReport } from '@shared/sensitivity';
import { runJob } from '../bridge/client';
import { methodOf, type MethodChoice } from '../sensitivity/method-choices';
import { useSweepDraftStore } from './sweep-draft';

/** What each layer of a network does to its output when it alone is compressed, and which layers the person ticked. */
export const useSensitivityStore = defineStore('sensitivity', () => {
  const draft = useSweepDraftStore();
  /** How the sweep refers to the network. */
  const model = ref('');
  const choice = ref<MethodChoice>('int8');
  const bits = ref(4);
  const images = ref<number | undefined>(defaultSensitivityImages);

  const report = shallowRef<SensitivityReport>();
  /** The network that the report is about, as sweeps refer to it. */
  const measured = ref('');
  const ticked = ref<string[]>([]);
  const progress = shallowRef<Progress>();
  const problem = ref<string>();
  const busy = ref(false);
  let running: AbortController | undefined;

  async function measure(path: string): Promise<void> {
    const turn = (running = new AbortController());
    const asked = model.value;
    busy.value = true;
    progress.value = problem.value = undefined;
    try {
      const { path: folder, seed } = draft.draft.dataset;
      const answer = await runJob(
        'sensitivity.measure',
        {
          model: path,
          dataset: { path: folder, seed },
          // Nobody asked for the number that was there before.
          images: images.value === defaultSensitivityImages ? undefined : images.value,
          method: methodOf(choice.value, bits.value),
        },
        { signal: turn.signal, onProgress: (now) => (progress.value = now) },
      );
      report.value = answer;
      measured.value = asked;
      const known = new Set(answer.layers.map(({ layer }) => layer));
      ticked.value = ticked.value.filter((layer) => known.has(layer));
    } catch (thrown) {
      const error = toAppError(thrown);
      problem.value = error.code === 'cancelled' ? undefined : error.message;
    }
    busy.value = false;
  }

  const cancel = (): void => running?.abort();

  function tick(layer: string, chosen: boolean): void {
    const others = ticked.value.filter((one) => one !== layer);
    ticked.value = chosen ? [...others, layer] : others;
  }

  return { model, choice, bits, images, report, measured, ticked, progress, problem, busy, measure, cancel, tick };
});
