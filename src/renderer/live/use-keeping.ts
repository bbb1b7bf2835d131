import { ref, shallowRef } from 'vue';
import { toAppError } from '@shared/errors';
import type { LiveAnswer } from '@shared/live/answer';
import { recordLimit, type RecordRow } from '@shared/live/record';
import { call } from '../bridge/client';
import type { FrameFacts } from './live-sides';
import type { ShownSide } from './use-live';

/** What a person keeps of a session: a record of every answer, a snapshot of one frame. */
export function useKeeping() {
  /** Answers recorded so far; undefined while nothing is. */
  const recorded = ref<number>();
  const outcome = shallowRef<{ tone: 'good' | 'error' | 'warning'; text: string }>();
  let rows: RecordRow[] = [];
  let startedAt = 0;

  function begin(): void {
    rows = [];
    startedAt = performance.now();
    recorded.value = 0;
    outcome.value = undefined;
  }

  function note(
    { info, dropped }: ShownSide,
    side: 0 | 1,
    { number, image, label }: FrameFacts,
    answer: LiveAnswer,
  ): void {
    if (recorded.value === undefined || rows.length >= recordLimit) return;
    const nameOf = (index: number | undefined): string | undefined =>
      index === undefined ? undefined : (info.classNames?.[index] ?? String(index));
    const atMs = performance.now() - startedAt;
    const className = nameOf(answer.top[0]?.class);
    rows.push({ frame: number, atMs, side, image, label: nameOf(label), className, answer, dropped });
    recorded.value = rows.length;
    if (rows.length === recordLimit)
      outcome.value = {
        tone: 'warning',
        text: 'The record is full and takes no more answers. Save it and begin another.',
      };
  }

  /** Ends the record once it is saved; until then it goes on. */
  async function saveRecord(sides: readonly ShownSide[]): Promise<void> {
    const record = { sides: sides.map(({ info: { name, target } }) => ({ name, target })), rows };
    if (!(await attempt(() => call('shell.saveLiveRecord', { record, suggestedName: 'live.csv' })))) return;
    recorded.value = undefined;
    rows = [];
  }

  async function saveSnapshot(
    shown: readonly ShownSide[],
    about: {
      source: string;
      label: string | undefined;
      picture: string;
      agreement: { both: number; agreeing: number };
    },
  ): Promise<void> {
    const sides = shown.flatMap(({ info, answer, summary, dropped }) => {
      if (!answer) return [];
      const { name, target, sizeBytes, openMs } = info;
      const classNames = answer.top.map((row) => info.classNames?.[row.class] ?? String(row.class));
      return [{ name, target, sizeBytes, openMs, answer, classNames, dropped, ...summary }];
    });
    if (sides.length === 0) return;
    const { both, agreeing } = about.agreement;
    const agreement = shown.length > 1 ? { both, agreeing } : undefined;
    const snapshot = { ...about, takenAt: new Date().toISOString(), sides, agreement };
    await attempt(() => call('shell.saveLiveSnapshot', { snapshot, suggestedName: 'live.html' }));
  }

  /** Whether it was saved. */
  async function attempt(save: () => Promise<{ path: string } | null>): Promise<boolean> {
    outcome.value = undefined;
    try {
      const saved = await save();
      if (saved) outcome.value = { tone: 'good', text: `Saved ${saved.path}` };
      return saved !== null;
    } catch (thrown) {
      outcome.value = { tone: 'error', text: toAppError(thrown).message };
      return false;
    }
  }

  return { recorded, outcome, begin, note, saveRecord, saveSnapshot };
}
