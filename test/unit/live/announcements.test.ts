import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { effectScope, nextTick, ref, shallowRef } from 'vue';
import { answersSentence, useAnnouncements } from '../../../src/renderer/live/use-announcements';

const side = (best: number | undefined, target = 'ort-cpu x1') => ({
  info: { name: 'net', target, classNames: ['heart, ace', 'gear'] },
  ...(best !== undefined && {
    answer: {
      top: [{ class: best }],
      notNumbers: 0,
      times: { capture: 0, preprocess: 0, inference: 0, post: 0 },
      isFirst: false,
    },
  }),
});

describe('answersSentence', () => {
  it.each([
    ['nothing', [], ''],
    ['one side', [side(0)], 'heart'],
    ['two that agree', [side(1), side(1, 'ort-web x1')], 'Both: gear'],
    ['two that do not', [side(0), side(1, 'ort-web x1')], 'net on ort-cpu x1: heart. net on ort-web x1: gear'],
    ['two of which one is silent', [side(undefined), side(7, 'ort-web x1')], 'net on ort-web x1: class 7'],
  ])('%s', (_what, sides, sentence) => {
    expect(answersSentence(sides)).toBe(sentence);
  });
});

describe('useAnnouncements', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('tells begin, end and changed answers, one in three seconds and the last always', async () => {
    const status = ref<'idle' | 'opening' | 'running'>('idle');
    const sides = shallowRef<ReturnType<typeof side>[]>([]);
    const scope = effectScope();
    const said = scope.run(() => useAnnouncements(status, sides))!;
    const heard: string[] = [];
    const hear = async (): Promise<void> => {
      await nextTick();
      if (said.value !== heard.at(-1)) heard.push(said.value);
    };
    status.value = 'opening';
    await hear();
    status.value = 'running';
    await hear();
    // Thirty frames a second for ten seconds, each with another answer.
    for (let frame = 0; frame < 300; frame++) {
      sides.value = [side(frame % 2)];
      await hear();
      vi.advanceTimersByTime(33);
      await hear();
    }
    expect(heard.slice(0, 2)).toEqual(['Loading the models', 'Started']);
    expect(heard.length).toBeLessThanOrEqual(6);
    sides.value = [side(0)];
    await hear();
    vi.advanceTimersByTime(3000);
    await hear();
    expect(heard.at(-1)).toBe('heart');
    sides.value = [side(1)];
    await nextTick();
    status.value = 'idle';
    await hear();
    vi.advanceTimersByTime(9000);
    await hear();
    expect(heard.at(-1)).toBe('Stopped');
    scope.stop();
  });
});
