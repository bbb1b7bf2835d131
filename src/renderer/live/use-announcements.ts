import { useThrottleFn } from '@vueuse/core';
import { computed, ref, watch, type Ref } from 'vue';
import { shortClassName } from './class-name';
import type { ShownSide } from './shown-side';

/** Answers change with every frame; nobody can listen to that. */
const restMs = 3000;

type Answered = Pick<ShownSide, 'answer'> & { info: Pick<ShownSide['info'], 'name' | 'target' | 'classNames'> };

/** The best answers in words: "heart", "Both: heart", "resnet50 on ort-cpu x1: heart. resnet50 on ort-web x1: gear". */
export function answersSentence(sides: readonly Answered[]): string {
  const answers = sides.flatMap(({ info, answer }) => {
    const best = answer?.top[0]?.class;
    return best === undefined ? [] : [{ info, name: shortClassName(info, best) }];
  });
  const [first] = answers;
  if (!first) return '';
  if (sides.length === 1) return first.name;
  if (answers.length === sides.length && answers.every(({ name }) => name === first.name)) return `Both: ${first.name}`;
  return answers.map(({ info, name }) => `${info.name} on ${info.target}: ${name}`).join('. ');
}

/** What a screen reader is told: that it begins and ends, and the best answers when they change, at a calm rate. Failures are alerts of their own. */
export function useAnnouncements(
  status: Readonly<Ref<'idle' | 'opening' | 'running'>>,
  sides: Readonly<Ref<readonly Answered[]>>,
): Readonly<Ref<string>> {
  const said = ref('');
  const answers = computed(() => (status.value === 'running' ? answersSentence(sides.value) : ''));
  watch(status, (now) => (said.value = { idle: 'Stopped', opening: 'Loading the models', running: 'Started' }[now]));
  const tell = useThrottleFn(
    () => {
      if (answers.value !== '') said.value = answers.value;
    },
    restMs,
    true,
  );
  watch(answers, () => void tell());
  return said;
}
