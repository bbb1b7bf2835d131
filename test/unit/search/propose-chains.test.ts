import { describe, expect, it } from 'vitest';
import { formatRecipe } from '@shared/recipe-syntax';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';
import type { Candidate } from '../../../src/main/engine/search/plan-candidate';
import { ChainProposer } from '../../../src/main/engine/search/propose-chains';
import type { Standing } from '../../../src/main/engine/search/successive-halving';
import { portfolio } from '../../../src/main/engine/techniques/portfolio';
import { model } from '../sweep/sweeps';

const net = model('net');
const other = model('other');

const proposals = (seed: number, count: number): Candidate[] => {
  const proposer = new ChainProposer([net], createRandom(seed));
  const ranked = proposer
    .portfolio()
    .map((candidate): Standing<Candidate> => ({ candidate, evidence: [], isOut: false }));
  return Array.from({ length: count }, () => proposer.propose(ranked)!);
};

describe('ChainProposer', () => {
  it('begins with what is known to do well, on every network, and with the others as they came', () => {
    const first = new ChainProposer([net, other], createRandom(1)).portfolio();
    expect(first).toHaveLength(1 + 2 * portfolio.length);
    expect(first[0]).toEqual({ name: '1 as it came', model: other, chain: [] });
    expect(first.slice(1, 3).map(({ name, model: of }) => [name, of.name])).toEqual([
      ['2 quantize.static', 'net'],
      ['3 quantize.static', 'other'],
    ]);
  });

  it('proposes nothing twice, and the same for a seed', () => {
    const found = proposals(3, 60).map(({ chain }) => formatRecipe(chain));
    expect(new Set([...found, ...portfolio.map(formatRecipe)]).size).toBe(60 + portfolio.length);
    expect(proposals(3, 60).map(({ chain }) => formatRecipe(chain))).toEqual(found);
    expect(proposals(4, 60).map(({ chain }) => formatRecipe(chain))).not.toEqual(found);
  });

  it('numbers candidates in the order in which they come', () => {
    const [first] = proposals(1, 1);
    expect(first!.name).toMatch(new RegExp(`^${portfolio.length + 1} \\S`));
  });
});
