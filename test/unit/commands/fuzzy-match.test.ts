import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fuzzyMatch } from '../../../src/renderer/commands/fuzzy-match';

const best = (query: string, texts: string[]): string | undefined =>
  texts
    .flatMap((text) => {
      const match = fuzzyMatch(query, text);
      return match ? [{ text, ...match }] : [];
    })
    .sort((a, b) => b.score - a.score)[0]?.text;

describe('fuzzyMatch', () => {
  it.each([
    ['ec', ['Keyboard shortcuts', 'Export CSV…', 'Sensitivity'], 'Export CSV…'],
    ['dark', ['Density: compact', 'Theme: dark'], 'Theme: dark'],
    ['run', ['Pause the run', 'Runs', 'Return now'], 'Runs'],
    ['pmag', ['prune.magnitude 0.5', 'a palm again', 'upper margin'], 'prune.magnitude 0.5'],
    ['int8 res', ['int8 mobilenetv2', 'int8 resnet50', 'intense 8 results'], 'int8 resnet50'],
    ['zzz', ['Runs'], undefined],
  ])('"%s" finds among %j: %s', (query, texts, expected) => expect(best(query, texts)).toBe(expected));

  it('marks the letters that make the better words', () => {
    expect(fuzzyMatch('sc', 'Show shortcuts scatter')!.at).toEqual([15, 16]);
    expect(fuzzyMatch('', 'anything')).toEqual({ score: 0, at: [] });
    expect(fuzzyMatch('İ', 'x')).toBeUndefined();
  });

  const word = fc.string({ unit: fc.constantFrom(...'abcAB .-1'), maxLength: 12 });

  it('matches exactly where the letters occur in order, and says where', () => {
    fc.assert(
      fc.property(word, word, (query, text) => {
        const letters = query.toLowerCase().replace(/\s/g, '');
        let at = -1;
        const occurs = [...letters].every((letter) => (at = text.toLowerCase().indexOf(letter, at + 1)) >= 0);
        const match = fuzzyMatch(query, text);
        expect(match !== undefined).toBe(occurs);
        if (!match) return;
        expect(match.at.map((place) => text[place]!.toLowerCase()).join('')).toBe(letters);
        expect(match.at.every((place, i) => i === 0 || place > match.at[i - 1]!)).toBe(true);
      }),
    );
  });

  it('is the best of all ways to place the letters', () => {
    /** The same score by trying every placement. */
    const scoreOf = (text: string, at: readonly number[]): number =>
      at.reduce((sum, place, i) => {
        const isStart = place === 0 || !/[\p{L}\p{N}]/u.test(text[place - 1]!);
        const isNext = i > 0 && place === at[i - 1]! + 1;
        return sum + 1 + (isStart ? 8 : 0) + (isNext ? 9 : 0);
      }, 0) -
      0.05 * ((at[0] ?? 0) + text.length);
    const placements = (letters: string, text: string, from = 0): number[][] =>
      letters === ''
        ? [[]]
        : [...text].flatMap((letter, at) =>
            at >= from && letter.toLowerCase() === letters[0]
              ? placements(letters.slice(1), text, at + 1).map((rest) => [at, ...rest])
              : [],
          );
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab.'), minLength: 1, maxLength: 4 }), word, (query, text) => {
        const all = placements(query, text);
        const match = fuzzyMatch(query, text);
        if (all.length === 0) return void expect(match).toBeUndefined();
        expect(match!.score).toBeCloseTo(Math.max(...all.map((at) => scoreOf(text, at))), 9);
        expect(scoreOf(text, match!.at)).toBeCloseTo(match!.score, 9);
      }),
    );
  });
});
