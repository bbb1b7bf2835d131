import { createPinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, it } from 'vitest';
import { useLiveRecordStore } from '../../../src/renderer/stores/live-record';
import { recordLimit } from '../../../src/shared/live/record';

const info = {
  name: 'net',
  target: 'ort-cpu x1',
  sizeBytes: 1,
  resize: 8,
  crop: [8, 8] as [number, number],
  classes: 2,
  openMs: 1,
};
const answer = {
  top: [{ class: 1, score: 0.5 }],
  notNumbers: 0,
  times: { capture: 0, preprocess: 0, inference: 0, post: 0 },
  isFirst: false,
};

describe('the record of Live', () => {
  beforeEach(() => setActivePinia(createPinia()));
  const noted = (record: ReturnType<typeof useLiveRecordStore>, number: number): void =>
    record.note({ info, dropped: 0 }, 0, { number }, answer);

  it('outlives its session, takes no answers of the next one, and is not begun over', () => {
    const record = useLiveRecordStore();
    noted(record, 0);
    expect(record.count).toBe(0);
    record.begin([info]);
    noted(record, 1);
    noted(record, 2);
    record.end();
    expect([record.state, record.count, record.isUnsaved]).toEqual(['ended', 2, true]);
    record.begin([info]);
    noted(record, 3);
    expect([record.state, record.count]).toEqual(['ended', 2]);
    record.discard();
    expect([record.state, record.count, record.isUnsaved]).toEqual(['none', 0, false]);
  });

  it('is nothing where nothing was answered', () => {
    const record = useLiveRecordStore();
    record.begin([info]);
    record.end();
    expect(record.state).toBe('none');
  });

  it('ends when it is full, and stays', () => {
    const record = useLiveRecordStore();
    record.begin([info]);
    for (let number = 0; number < recordLimit + 5; number++) noted(record, number);
    expect([record.state, record.count, record.isFull]).toEqual(['ended', recordLimit, true]);
    expect(record.fullSentence).toContain('Save it and begin another');
  });
});
