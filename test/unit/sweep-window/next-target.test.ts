import { expect, it } from 'vitest';
import fc from 'fast-check';
import { hasTwice, type Target } from '@shared/sweep-file';
import { nextTarget } from '../../../src/renderer/sweep/next-target';

const most: Record<string, number> = { cpu: 8, web: 1 };
const next = (...targets: [runtime: string, threads: number][]): Target | undefined =>
  nextTarget(
    targets.map(([runtime, threads]) => ({ runtime, threads })),
    Object.keys(most),
    (runtime) => most[runtime]!,
  );

it.each([
  ['another runtime', [['cpu', 4]], { runtime: 'web', threads: 1 }],
  [
    'twice the threads of the last',
    [
      ['web', 1],
      ['cpu', 2],
    ],
    { runtime: 'cpu', threads: 4 },
  ],
  [
    'the runtime that takes more than the last',
    [
      ['cpu', 2],
      ['web', 1],
    ],
    { runtime: 'cpu', threads: 4 },
  ],
  [
    'as many threads as it takes',
    [
      ['web', 1],
      ['cpu', 5],
    ],
    { runtime: 'cpu', threads: 8 },
  ],
  [
    'nothing where there is none',
    [
      ['web', 1],
      ['cpu', 8],
    ],
    undefined,
  ],
  [
    'one thread beside what was no number',
    [
      ['web', 1],
      ['cpu', NaN],
    ],
    { runtime: 'cpu', threads: 1 },
  ],
] as const)('a target to add is %s', (_, targets, expected) => {
  expect(next(...(targets.map((one) => [...one]) as [string, number][]))).toEqual(expected);
});

it('is never there already, and adding ends', () => {
  const target = fc.tuple(fc.constantFrom(...Object.keys(most)), fc.constantFrom(1, 2, 3, 4, 8));
  fc.assert(
    fc.property(fc.uniqueArray(target, { selector: String, maxLength: 4 }), (given) => {
      const targets = given.map(([runtime, threads]): Target => ({ runtime, threads }));
      for (let added = 0; added < 8; added++) {
        const one = nextTarget(targets, Object.keys(most), (runtime) => most[runtime]!);
        if (!one) return;
        targets.push(one);
        expect(hasTwice(targets)).toBe(false);
      }
      expect.unreachable();
    }),
  );
});

it('is on this machine, whatever there is on others', () => {
  const away: Target = { runtime: 'cpu', threads: 4, on: 'pi4' };
  const added = nextTarget([away], ['cpu'], () => 8);
  expect(added).toEqual({ runtime: 'cpu', threads: 1 });
  expect(hasTwice([away, added!, { ...away, on: undefined }])).toBe(false);
  expect(hasTwice([away, { ...away }])).toBe(true);
});
