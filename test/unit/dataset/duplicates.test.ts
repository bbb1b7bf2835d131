import fc from 'fast-check';
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseSplits } from '../../../src/main/engine/dataset/choose-splits';
import type { ImageEntry } from '../../../src/main/engine/dataset/dataset';
import { findDuplicates } from '../../../src/main/engine/dataset/duplicates';

const entry = (hash: string, path: string): ImageEntry => ({ path, hash, label: 0 });

describe('findDuplicates', () => {
  it('counts copies inside a pool and in earlier pools, and names them', () => {
    const found = findDuplicates({
      eval: [entry('x', '/e/1'), entry('y', '/e/2'), entry('y', '/e/3')],
      calibration: [entry('x', '/c/1'), entry('z', '/c/2')],
      train: [entry('x', '/t/1'), entry('x', '/t/2'), entry('z', '/t/3'), entry('w', '/t/4')],
    });
    expect(found).toMatchObject({ within: 2, between: 3 });
    expect(found.groups.map((copies) => copies.map(({ path }) => basename(path) + path[1]))).toEqual([
      ['1e', '1c', '1t', '2t'],
      ['2c', '3t'],
      ['2e', '3e'],
    ]);
  });

  it('agrees with what is left out of the splits', () => {
    const pool = fc.array(fc.nat(20), { maxLength: 40 });
    fc.assert(
      fc.property(pool, pool, (evaluation, calibration) => {
        const make = (name: string, contents: number[]): ImageEntry[] =>
          contents.map((content, at) => entry(String(content), `/${name}/${at}`));
        const pools = { eval: make('e', evaluation), calibration: make('c', calibration) };
        const { chosen } = chooseSplits(pools, { eval: 0, calibration: 1000, train: 0 }, 1);
        const { within, between } = findDuplicates(pools);
        const used = chosen.eval.length + chosen.calibration.length;
        expect(within + between).toBe(evaluation.length + calibration.length - used);
      }),
    );
  });
});
