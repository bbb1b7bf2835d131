import { describe, expect, it } from 'vitest';
import type { RunProgress } from '@shared/run';
import type { SearchState } from '@shared/search-state';
import { desktopProgress } from '../../../src/main/desktop-progress';
import { needsMachine, workUnderWay } from '../../../src/main/work-under-way';

const run: RunProgress = { run: 'r', status: 'running', stage: '', done: 10, total: 40, elapsedMs: 0 };
const full = { status: 'paused' as const, waitsFor: 'room on the disk' as const };
const nothing = { fraction: -1, mode: 'normal', text: '' };
const search: SearchState = {
  stage: 'portfolio',
  trials: 12,
  finalists: 0,
  best: [],
  name: 's',
  beganAt: 0,
  budgetMs: 100_000,
  leftMs: 80_000,
  toldAt: 1_000_000,
  isPaused: false,
  isFinishing: false,
  isHeld: false,
  waiting: 0,
  ended: [],
};
const now = search.toldAt + 5000;

it.each([
  [null, nothing],
  [{ ...run, status: 'done' as const }, nothing],
  [run, { fraction: 0.25, mode: 'normal', text: 'Sweep: 25 %' }],
  [
    { ...run, stepFraction: 0.5 },
    { fraction: 0.2625, mode: 'normal', text: 'Sweep: 26 %' },
  ],
  [
    { ...run, remainingMs: 7_200_000 },
    { fraction: 0.25, mode: 'normal', text: 'Sweep: 25 %, about 2 h 00 min left' },
  ],
  [
    { ...run, total: 0 },
    { fraction: 0, mode: 'normal', text: 'Sweep: 0 %' },
  ],
  [
    { ...run, status: 'paused' as const },
    { fraction: 0.25, mode: 'paused', text: 'Sweep: 25 %, paused' },
  ],
  [
    { ...run, ...full },
    { fraction: 0.25, mode: 'paused', text: 'Sweep: 25 %, paused: the disk is full' },
  ],
])('a sweep: %j', (progress, expected) => expect(desktopProgress(workUnderWay(progress, null), now)).toEqual(expected));

it.each([
  [{}, null, { fraction: 0.25, mode: 'normal', text: 'Search: 25 % of its time, 12 candidates' }],
  [{ stage: 'preparing', trials: 0 }, null, { fraction: 0.25, mode: 'normal', text: 'Search: 25 %' }],
  [{ trials: 1 }, run, { fraction: 0.25, mode: 'normal', text: 'Search: 25 % of its time, 1 candidate' }],
  [{ isPaused: true }, run, { fraction: 0.2, mode: 'paused', text: 'Search: 20 %, paused' }],
  [
    { isPaused: true },
    { ...run, ...full },
    { fraction: 0.2, mode: 'paused', text: 'Search: 20 %, paused: the disk is full' },
  ],
  [{ leftMs: 1000 }, null, { fraction: 1, mode: 'normal', text: 'Search: 100 % of its time, 12 candidates' }],
  [{ stage: 'ended' }, null, nothing],
  // It waits for the run under way: that is what is shown.
  [{ stage: 'waiting' }, run, { fraction: 0.25, mode: 'normal', text: 'Sweep: 25 %' }],
] as const)('a search: %j, run %j', (change, progress, expected) => {
  const { fraction, ...shown } = desktopProgress(workUnderWay(progress, { ...search, ...change }), now);
  expect({ ...shown, fraction: Math.round(1000 * fraction) / 1000 }).toEqual(expected);
});

describe('the machine stays awake', () => {
  it.each([
    [run, {}, true],
    [null, {}, true],
    [{ ...run, status: 'paused' as const }, { isPaused: true }, false],
    [{ ...run, ...full }, { isPaused: true }, true],
  ])('in a search: run %j, %j', (progress, change, expected) =>
    expect(needsMachine(workUnderWay(progress, { ...search, ...change }))).toBe(expected),
  );
  it.each([
    [run, true],
    [{ ...run, status: 'paused' as const }, false],
    [{ ...run, ...full }, true],
    [{ ...run, status: 'done' as const }, false],
    [null, false],
  ])('in a sweep: %j', (progress, expected) => expect(needsMachine(workUnderWay(progress, null))).toBe(expected));
});
