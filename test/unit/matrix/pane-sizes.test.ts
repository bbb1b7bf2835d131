import { describe, expect, it } from 'vitest';
import { chartHeight, chartLimits, recipeWidths } from '../../../src/renderer/matrix/pane-sizes';
import { parseViewSettings } from '../../../src/renderer/matrix/view-settings';

describe('chartHeight', () => {
  it.each<[string, number | null, number, number]>([
    ['a usual share of a high window', null, 1000, 400],
    ['what six rows leave of a low one', null, 508, 150],
    ['not less than can be read', null, 400, 130],
    ['what was chosen', 0.5, 800, 400],
    ['what was chosen, as far as a low window has it', 0.9, 500, 370],
    ['before the window has a height', null, 0, 130],
  ])('%s', (_, share, height, expected) => expect(chartHeight(share, height)).toBe(expected));

  it('keeps a table beside the largest chart', () => {
    expect(chartLimits(700)).toEqual({ minimum: 130, maximum: 570 });
    expect(chartLimits(100)).toEqual({ minimum: 130, maximum: 130 });
  });
});

describe('remembered sizes', () => {
  it.each([
    [
      { chartShare: 0.3, recipeWidth: 300 },
      { chartShare: 0.3, recipeWidth: 300 },
    ],
    [
      { chartShare: 3, recipeWidth: 30_000 },
      { chartShare: null, recipeWidth: recipeWidths.usual },
    ],
    [
      { chartShare: 'x', recipeWidth: null },
      { chartShare: null, recipeWidth: recipeWidths.usual },
    ],
    [undefined, { chartShare: null, recipeWidth: recipeWidths.usual }],
  ])('%j', (stored, expected) => expect(parseViewSettings(stored)).toMatchObject(expected));
});
