import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../../src/main/engine/search/evidence';
import { SuccessiveHalving, type Laboratory } from '../../../src/main/engine/search/successive-halving';

const blocks = [50, 50, 100, 200];

/** Candidates named by their loss in percent; each is measured exactly. */
function laboratory(sizes: Record<string, number>): Laboratory<string> & { climbs: [string[], number][] } {
  const climbs: [string[], number][] = [];
  return {
    climbs,
    rungs: blocks.length,
    climb(candidates, rung) {
      climbs.push([[...candidates], rung]);
      const n = blocks.slice(0, rung + 1).reduce((sum, count) => sum + count, 0);
      const found = candidates
        .filter((name) => name !== 'broken')
        .map((name): [string, Evidence] => [
          name,
          { sizeBytes: sizes[name]!, expectedRatio: 1, counts: { n, gained: 0, lost: (n * parseFloat(name)) / 100 } },
        ]);
      return Promise.resolve(new Map(found));
    },
  };
}

const aims = { maxDrop: 1, goal: 'size' as const };

describe('SuccessiveHalving', () => {
  it('lets the better half go on, and shows who is clearly out no more images', async () => {
    const bench = laboratory({ '0': 8, '0.5': 4, '1': 2, '40': 1 });
    const halving = new SuccessiveHalving(bench, aims);
    await halving.enter(['40', '0', '0.5', '1']);
    expect(bench.climbs[0]).toEqual([['40', '0', '0.5', '1'], 0]);
    expect(bench.climbs[1]![0]).toHaveLength(2);
    expect(bench.climbs.slice(1).flatMap(([names]) => names)).not.toContain('40');
    expect(halving.standings.find(({ candidate }) => candidate === '40')!.isOut).toBe(true);
  });

  it('counts all that ever stood on a rung: late comers have to be among the better half of them', async () => {
    const bench = laboratory({ '0': 1, '0.1': 2, '0.2': 3, '0.3': 4, '0.4': 5, '0.5': 6 });
    const halving = new SuccessiveHalving(bench, aims);
    await halving.enter(['0', '0.1', '0.2', '0.3']);
    expect(halving.finalists.map(({ candidate }) => candidate)).toEqual(['0']);
    await halving.enter(['0.5']);
    expect(bench.climbs.at(-1)).not.toEqual([['0.5'], 1]);
    expect(halving.ranked.map(({ candidate }) => candidate)[0]).toBe('0');
  });

  it('leaves out who failed', async () => {
    const halving = new SuccessiveHalving(laboratory({ '0': 1 }), aims);
    await halving.enter(['broken', '0']);
    expect(halving.ranked.map(({ candidate, isOut }) => [candidate, isOut])).toEqual([
      ['0', false],
      ['broken', true],
    ]);
    expect(halving.finalists.map(({ candidate }) => candidate)).toEqual(['0']);
  });

  it('takes a file that is too large out at once', async () => {
    const bench = laboratory({ '0': 100, '0.5': 10 });
    const halving = new SuccessiveHalving(bench, { ...aims, maxBytes: 50 });
    await halving.enter(['0', '0.5']);
    expect(halving.finalists.map(({ candidate }) => candidate)).toEqual(['0.5']);
  });

  it('lets the likeliest of the others climb where the better half loses too much', async () => {
    const bench = laboratory({ '1.9': 1, '0.5': 9, '1.5': 2, '40': 8 });
    const halving = new SuccessiveHalving(bench, aims);
    await halving.enter(['1.9', '0.5', '1.5', '40']);
    const within = (): boolean => halving.finalists.some(({ evidence }) => evidence.at(-1)!.counts!.lost <= 4);
    expect(within()).toBe(false);
    const climbed = bench.climbs.length;
    await halving.complete(within, 4);
    expect(within()).toBe(true);
    expect(bench.climbs.slice(climbed).flatMap(([names]) => names)).not.toContain('40');
    // Enough is enough.
    const ended = bench.climbs.length;
    await halving.complete(within, 4);
    expect(bench.climbs).toHaveLength(ended);
  });

  it('ends when nobody is left, and tries nobody twice', async () => {
    const bench = laboratory({ '0.5': 9, '1.5': 2 });
    const halving = new SuccessiveHalving(bench, aims);
    await halving.enter(['broken', '0.5', '1.5']);
    await halving.complete(() => false, 4);
    expect(halving.finalists.map(({ candidate }) => candidate).sort()).toEqual(['0.5', '1.5']);
    const names = bench.climbs.filter(([, rung]) => rung === blocks.length - 1).flatMap(([climbing]) => climbing);
    expect(names).toHaveLength(new Set(names).size);
  });
});
