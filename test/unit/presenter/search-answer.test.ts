import { describe, expect, it } from 'vitest';
import { leadingInWords, stageInWords } from '@shared/presenter/search-answer';
import type { LeadingChain } from '@shared/search-state';

const chain: LeadingChain = {
  goal: 'latency',
  model: 'net',
  recipe: 'quantize.static',
  sizeBytes: 1_940_000,
  sizeRatio: 0.14,
  latencyRatio: 0.45,
  top1Delta: -0.6,
  interval: [-1.8, 0.6],
  n: 500,
};

describe('a search under way', () => {
  it('names the best so far with its interval', () => {
    expect(leadingInWords(chain)).toEqual({
      title: 'Fastest so far',
      figures: '1.94 MB (×0.14), ×0.45 of the time, top-1 −0.6 [−1.8, 0.6]',
      chain: 'quantize.static',
    });
    const { latencyRatio: _time, ...untimed } = chain;
    expect(leadingInWords(untimed).figures).toBe('1.94 MB (×0.14), top-1 −0.6 [−1.8, 0.6]');
  });

  it('says what it does, and that it is ending where somebody asked for that', () => {
    expect(stageInWords({ stage: 'portfolio', isFinishing: false })).toMatch(/known to do well/);
    expect(stageInWords({ stage: 'proposals', isFinishing: true })).toMatch(/confirm the best so far/);
    expect(stageInWords({ stage: 'confirmation', isFinishing: true })).toMatch(/no part in choosing/);
  });
});
