import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';
import {
  parzenDensity,
  proposeParzen,
  type Assignment,
  type Choice,
} from '../../../src/main/engine/search/tree-parzen';

const taken = (entries: Record<string, number>): Assignment => new Map(Object.entries(entries));

describe('parzenDensity', () => {
  const choice = { name: 'a', options: 4, isOrdered: false };

  it('is uniform before anything is observed', () => {
    expect(parzenDensity(choice, [])).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(parzenDensity(choice, [taken({ b: 1 })])).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it('counts the prior as one observation', () => {
    expect(parzenDensity(choice, [taken({ a: 2 }), taken({ a: 2 }), taken({ a: 0 })])).toEqual([
      1.25 / 4,
      0.25 / 4,
      2.25 / 4,
      0.25 / 4,
    ]);
  });

  it('shares with the neighbours of an ordered option, of which the ends have one', () => {
    const ordered = { ...choice, isOrdered: true };
    expect(parzenDensity(ordered, [taken({ a: 1 })])).toEqual([0.25, 0.375, 0.25, 0.125]);
    expect(parzenDensity(ordered, [taken({ a: 0 })])).toEqual([0.5, 0.25, 0.125, 0.125]);
  });
});

describe('proposeParzen', () => {
  const choices: Choice[] = [
    { name: 'kind', options: 3, isOrdered: false },
    { name: 'bits', options: 8, isOrdered: true, when: { choice: 'kind', option: 1 } },
  ];

  it('makes a choice only where its parent brings it up', () => {
    const rng = createRandom(1);
    for (let count = 0; count < 50; count++) {
      const proposal = proposeParzen(choices, [], [], rng, () => true)!;
      expect(proposal.has('bits')).toBe(proposal.get('kind') === 1);
    }
  });

  it('takes what the good have and the others have not', () => {
    const good = [taken({ kind: 1, bits: 5 }), taken({ kind: 1, bits: 6 }), taken({ kind: 1, bits: 5 })];
    const others = [0, 2].flatMap((kind) => [taken({ kind }), taken({ kind })]);
    const found = proposeParzen(choices, good, others, createRandom(2), () => true)!;
    expect([found.get('kind'), found.get('bits')]).toEqual([1, 5]);
  });

  it('finds the best of a known function far sooner than chance', () => {
    const space: Choice[] = Array.from({ length: 4 }, (_, at) => ({ name: `${at}`, options: 8, isOrdered: true }));
    const cost = (found: Assignment): number =>
      [...found].reduce((sum, [at, option]) => sum + (option - Number(at) - 2) ** 2, 0);
    const bestOf = (isLearning: boolean, seed: number): number => {
      const rng = createRandom(seed);
      const tried: Assignment[] = [];
      while (tried.length < 80) {
        tried.sort((a, b) => cost(a) - cost(b));
        const good = isLearning ? Math.ceil(tried.length / 4) : 0;
        tried.push(proposeParzen(space, tried.slice(0, good), isLearning ? tried.slice(good) : [], rng, () => true)!);
      }
      return Math.min(...tried.map(cost));
    };
    const mean = (isLearning: boolean): number =>
      Array.from({ length: 20 }, (_, seed) => bestOf(isLearning, seed)).reduce((sum, value) => sum + value, 0) / 20;
    expect(mean(true)).toBeLessThan(mean(false) / 3);
  });

  it('is the same for a seed, and nothing where nothing is accepted', () => {
    const once = proposeParzen(choices, [], [], createRandom(3), () => true);
    expect(proposeParzen(choices, [], [], createRandom(3), () => true)).toEqual(once);
    expect(proposeParzen(choices, [], [], createRandom(3), () => false)).toBeUndefined();
  });
});
