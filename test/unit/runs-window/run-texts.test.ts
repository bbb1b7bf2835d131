import { describe, expect, it } from 'vitest';
import { tookText } from '../../../src/renderer/runs/run-texts';

describe('tookText', () => {
  it.each([
    ['done', 222_000, '3 min 42 s'],
    ['running', 0, '0 ms'],
    ['queued', 0, '—'],
  ] as const)('%s for %d ms -> %s', (status, elapsedMs, text) => expect(tookText({ status, elapsedMs })).toBe(text));
});
