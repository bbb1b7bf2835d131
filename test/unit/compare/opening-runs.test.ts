import { describe, expect, it } from 'vitest';
import type { RunSummary } from '@shared/run';
import { openingRuns, ranOf, readableOf } from '../../../src/renderer/compare/opening-runs';
import { run } from '../matrix/trials';

const runsOf = (...ids: string[]): RunSummary[] => ids.map((id) => ({ ...run([]), id }));
const nothing = { reference: '', candidate: '' };

describe('the runs that Compare opens with', () => {
  it('are the one before the latest and the latest; what waits is none of them', () => {
    expect(openingRuns(nothing, runsOf('c', 'b', 'a'))).toEqual({ reference: 'b', candidate: 'c' });
    const [waiting, ...others] = runsOf('d', 'c', 'b');
    const list = [{ ...waiting!, status: 'queued' as const }, ...others];
    expect(openingRuns(nothing, list)).toEqual({ reference: 'b', candidate: 'c' });
  });

  it('are none that is damaged, here or in another folder', () => {
    const [damaged, ...others] = runsOf('d', 'c', 'b');
    const list = [{ ...damaged!, status: 'failed' as const, damaged: 'its tags are no list of words' }, ...others];
    expect(openingRuns(nothing, list)).toEqual({ reference: 'b', candidate: 'c' });
    expect(openingRuns(nothing, runsOf('a'), list)).toEqual({ reference: 'c', candidate: 'a' });
    expect([ranOf(list), readableOf(list)]).toEqual([others, others]);
    const waiting = { ...others[0]!, status: 'queued' as const };
    expect(readableOf([damaged!, waiting])).toContain(waiting);
  });

  it('are the only one on both sides, and none of none', () => {
    expect(openingRuns(nothing, runsOf('a'))).toEqual({ reference: 'a', candidate: 'a' });
    expect(openingRuns(nothing, [])).toEqual(nothing);
  });

  it('stay as they were chosen; where one is gone, another than the one that is left takes its place', () => {
    const list = runsOf('c', 'b', 'a');
    expect(openingRuns({ reference: 'a', candidate: 'b' }, list)).toEqual({ reference: 'a', candidate: 'b' });
    expect(openingRuns({ reference: 'a', candidate: 'a' }, list)).toEqual({ reference: 'a', candidate: 'a' });
    expect(openingRuns({ reference: 'gone', candidate: 'c' }, list)).toEqual({ reference: 'b', candidate: 'c' });
    expect(openingRuns({ reference: 'c', candidate: 'gone' }, list)).toEqual({ reference: 'c', candidate: 'b' });
  });

  it('are beside another folder its latest and the latest here', () => {
    const folder = runsOf('y', 'x');
    expect(openingRuns({ reference: 'b', candidate: 'c' }, runsOf('c', 'b'), folder)).toEqual({
      reference: 'y',
      candidate: 'c',
    });
  });
});
