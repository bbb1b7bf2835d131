import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { finishedSteps } from '../../../src/main/engine/sweep/finished-steps';

const chain = [
  { key: 'prune', needs: [] },
  { key: 'quantize', needs: ['prune'] },
  { key: 'measure', needs: ['quantize'] },
];
const finished = (steps: typeof chain, results: string, files: string): string[] => [
  ...finishedSteps(steps, {
    hasResult: (key) => results.includes(key[0]!),
    hasFile: (key) => files.includes(key[0]!),
  }),
];

describe('steps that need not run', () => {
  it.each([
    ['nothing is known', '', '', []],
    ['all is known and there', 'pqm', 'pqm', ['prune', 'quantize', 'measure']],
    ['all is known and every file collected', 'pqm', '', ['prune', 'quantize', 'measure']],
    ['the last has to run, its file is there', 'pq', 'q', ['prune', 'quantize']],
    ['the last has to run, its file was collected', 'pq', 'p', ['prune']],
    ['the last has to run, both files were collected', 'pq', '', []],
    ['only the middle has to run', 'pm', 'p', ['prune', 'measure']],
  ])('where %s', (_what, results, files, expected) =>
    expect(finished(chain, results, files).sort()).toEqual([...expected].sort()),
  );

  it('lets nothing run without the files it reads, and nothing for want of a file that nobody reads', () => {
    const plans = fc.integer({ min: 1, max: 12 }).chain((count) =>
      fc.record({
        needs: fc.tuple(
          ...Array.from({ length: count }, (_, at) =>
            fc.uniqueArray(fc.nat(Math.max(0, at - 1)), { maxLength: at === 0 ? 0 : 3 }),
          ),
        ),
        results: fc.array(fc.boolean(), { minLength: count, maxLength: count }),
        files: fc.array(fc.boolean(), { minLength: count, maxLength: count }),
      }),
    );
    fc.assert(
      fc.property(plans, ({ needs, results, files }) => {
        const steps = needs.map((own, at) => ({ key: String(at), needs: own.map(String) }));
        const done = finishedSteps(steps, {
          hasResult: (key) => results[Number(key)]!,
          hasFile: (key) => files[Number(key)]!,
        });
        for (const { key, needs: own } of steps) {
          const isRead = steps.some((other) => !done.has(other.key) && other.needs.includes(key));
          if (!done.has(key)) {
            expect(own.every((need) => !done.has(need) || files[Number(need)])).toBe(true);
            expect(!results[Number(key)] || (isRead && !files[Number(key)])).toBe(true);
          } else expect(results[Number(key)]).toBe(true);
        }
      }),
    );
  });
});
