import { expect, it } from 'vitest';
import { searchSpecSchema, type FoundChain, type SearchAnswer } from '@shared/search';
import { searchText } from '../../../src/cli/search-text';

const chain: FoundChain = {
  model: 'net',
  name: '2 quantize.weights + quantize.static',
  recipe: 'quantize.weights{bits:4} | quantize.static',
  path: 'out/models/net--2.onnx',
  sizeBytes: 1_940_000,
  sizeRatio: 0.14,
  latencyRatio: 0.45,
  latencyInterval: [0.44, 0.46],
  confirmed: { top1: 78.4, top1Delta: -0.6, interval: [-1.8, 0.6], n: 500 },
};
const answer: SearchAnswer = {
  model: 'net',
  winners: [{ ...chain, goal: 'size', isClear: false, confirmed: { ...chain.confirmed, interval: [-2, 0.8] } }],
  front: [chain],
  trials: 40,
  seconds: 5400,
  images: { divergence: 128, selection: 500, confirmation: 500 },
  runs: { candidates: 'a', confirmation: 'b' },
};
const aims = searchSpecSchema.parse({});

it('names the best with its interval, and the chain as text to paste', () => {
  const text = searchText(answer, aims);
  expect(text).toContain(
    'Smallest: 1.94 MB (×0.14), ×0.45 of the time, top-1 −0.6 [−2.0, 0.8]: at most 1 point lost, by the estimate\n  quantize.weights{bits:4} | quantize.static\n  out/models/net--2.onnx\n',
  );
  expect(text).toMatch(
    /^quantize\.weights\{bits:4\} \| quantize\.static +1\.94 +×0\.45 +78\.4 +−0\.6 \[−1\.8, 0\.6\]$/m,
  );
  expect(text).toContain('40 candidates in 1 h 30 min; chosen on 500 images, measured on 500 others.');
});

it.each([
  [{ isClear: true }, 'at most 1 point lost, surely'],
  [{ replaces: 'input' as const }, 'It looks at smaller images than the network came with.'],
  [
    { replaces: 'network' as const, model: 'other', recipe: '' },
    'as it came\n  It replaces net by another model, other.',
  ],
])('says what is special: %j', (change, sentence) => {
  expect(searchText({ ...answer, winners: [{ ...answer.winners[0]!, ...change }] }, aims)).toContain(sentence);
});

it('says so where nothing was confirmed', () => {
  expect(searchText(answer, aims)).toContain('Fastest: nothing was confirmed to be better than the model as it came.');
  expect(searchText({ ...answer, winners: [] }, aims)).toContain('None of 1 was confirmed to lose at most 1 point.');
  expect(searchText({ ...answer, winners: [], front: [] }, aims)).toContain('No candidate came through.');
});
