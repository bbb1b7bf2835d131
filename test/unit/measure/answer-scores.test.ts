import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerScores } from '../../../src/main/engine/measure/accuracy/answer-scores';

const probabilities = (...images: { scores: number[]; best: number[] }[]): number[][] => {
  const answers = new AnswerScores();
  for (const { scores, best } of images) answers.add(Float32Array.from(scores), best);
  return answers.probabilities();
};

describe('AnswerScores', () => {
  it('takes the softmax of logits', () => {
    // e^2 / (e^2 + e + 1) = 0.6652, e / ... = 0.2447.
    expect(probabilities({ scores: [1, 2, 0], best: [1, 0] })).toEqual([[0.6652, 0.2447]]);
  });
  it('leaves probabilities as they are, also rounded ones', () => {
    expect(probabilities({ scores: [0.25, 0.7, 0.04], best: [1, 0, 2] })).toEqual([[0.7, 0.25, 0.04]]);
  });
  it('decides for the network, not for the image: logits may look like probabilities once', () => {
    const [first] = probabilities({ scores: [0.3, 0.7], best: [1, 0] }, { scores: [-4, 9], best: [1, 0] });
    expect(first).toEqual([0.5987, 0.4013]);
  });
  it.each([
    ['an overflow', [Infinity, 1], [0, 1], [1, 0]],
    ['great numbers', [1000, 998], [0, 1], [0.8808, 0.1192]],
    ['what is no number', [NaN, 2, 1], [1, 2], [0.7311, 0.2689]],
    ['no number at all', [NaN, NaN], [], []],
  ])('survives %s', (_, scores, best, expected) => {
    expect(probabilities({ scores, best })).toEqual([expected]);
  });
  it('never orders two answers otherwise than their scores do', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true, min: -80, max: 80 }), { minLength: 2, maxLength: 8 }), (scores) => {
        const best = scores.map((_, index) => index).sort((a, b) => scores[b]! - scores[a]! || a - b);
        const [found] = probabilities({ scores, best });
        expect(found).toEqual(found!.toSorted((a, b) => b - a));
        const [given, sum] = [scores, found!].map((values) => values.reduce((all, value) => all + value, 0));
        // Those that chance makes look like rounded probabilities are left as they are.
        const isLeft = scores.every((score) => score >= 0 && score <= 1) && Math.abs(given! - 1) <= 0.05;
        expect(sum).toBeCloseTo(isLeft ? given! : 1, 2);
      }),
    );
  });
});
