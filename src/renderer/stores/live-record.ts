import { useEventListener } from '@vueuse/core';
import { defineStore } from 'pinia';
import { computed, ref } from 'vue';
import { AppError } from '@shared/errors';
import type { LiveAnswer } from '@shared/live/answer';
import { recordLimit, type LiveRecord, type RecordRow } from '@shared/live/record';
import type { LiveSideInfo } from '@shared/live/session';
import { call } from '../bridge/client';
import type { FrameFacts } from '../live/live-sides';

/**
 * The record of what Live answered. It belongs to no session: when its own ends, or the view is left, it ends and stays until a person saves
 * it or throws it away.
 */
export const useLiveRecordStore = defineStore('live-record', () => {
  const state = ref<'none' | 'recording' | 'ended'>('none');
  /** Answers so far. */
  const count = ref(0);
  let sides: LiveRecord['sides'] = [];
  let rows: RecordRow[] = [];
  let startedAt = 0;

  /** There are answers that are in no file. */
  const isUnsaved = computed(() => state.value !== 'none' && count.value > 0);
  const isFull = computed(() => count.value >= recordLimit);
  const fullSentence = new AppError('live.record-full', { limit: recordLimit.toLocaleString('en') }).message;

  /** Begins where there is no record. */
  function begin(infos: readonly LiveSideInfo[]): void {
    if (state.value !== 'none') return;
    sides = infos.map(({ name, target }) => ({ name, target }));
    startedAt = performance.now();
    state.value = 'recording';
  }

  function note(
    { info, dropped }: { info: LiveSideInfo; dropped: number },
    side: 0 | 1,
    { number, image, label }: FrameFacts,
    answer: LiveAnswer,
  ): void {
    if (state.value !== 'recording') return;
    const nameOf = (index: number | undefined): string | undefined =>
      index === undefined ? undefined : (info.classNames?.[index] ?? String(index));
    const atMs = performance.now() - startedAt;
    const className = nameOf(answer.top[0]?.class);
    // The best answer is all that a record holds.
    const best = { ...answer, top: answer.top.slice(0, 1) };
    rows.push({ frame: number, atMs, side, image, label: nameOf(label), className, answer: best, dropped });
    count.value = rows.length;
    if (isFull.value) end();
  }

  /** No more answers. */
  function end(): void {
    if (state.value !== 'recording') return;
    state.value = 'ended';
    if (count.value === 0) discard();
  }

  /** Saves what ended where a person says. Answers where, or undefined where they did not: then it stays. Throws as `call`. */
  async function save(): Promise<string | undefined> {
    end();
    const saved = await call('shell.saveLiveRecord', { record: { sides, rows }, suggestedName: 'live.csv' });
    if (saved) discard();
    return saved?.path;
  }

  function discard(): void {
    rows = [];
    count.value = 0;
    state.value = 'none';
  }

  // The main process asks the person then.
  useEventListener('beforeunload', (event) => {
    if (isUnsaved.value) event.preventDefault();
  });

  return { state, count, isUnsaved, isFull, fullSentence, begin, note, end, save, discard };
});
