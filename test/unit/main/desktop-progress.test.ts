import { expect, it } from 'vitest';
import type { RunProgress } from '@shared/run';
import { desktopProgress } from '../../../src/main/desktop-progress';

const run: RunProgress = { run: 'r', status: 'running', stage: '', done: 10, total: 40, elapsedMs: 0 };

it.each([
  [null, { fraction: -1, mode: 'normal', text: '' }],
  [
    { ...run, status: 'done' as const },
    { fraction: -1, mode: 'normal', text: '' },
  ],
  [run, { fraction: 0.25, mode: 'normal', text: '25 %' }],
  [
    { ...run, stepFraction: 0.5 },
    { fraction: 0.2625, mode: 'normal', text: '26 %' },
  ],
  [
    { ...run, remainingMs: 7_200_000 },
    { fraction: 0.25, mode: 'normal', text: '25 %, about 2 h 00 min left' },
  ],
  [
    { ...run, total: 0 },
    { fraction: 0, mode: 'normal', text: '0 %' },
  ],
  [
    { ...run, status: 'paused' as const },
    { fraction: 0.25, mode: 'paused', text: '25 %, paused' },
  ],
  [
    { ...run, status: 'paused' as const, waitsFor: 'room on the disk' as const },
    { fraction: 0.25, mode: 'paused', text: '25 %, paused: the disk is full' },
  ],
])('%j', (progress, expected) => expect(desktopProgress(progress)).toEqual(expected));
