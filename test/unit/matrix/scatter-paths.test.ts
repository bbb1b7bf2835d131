import { describe, expect, it } from 'vitest';
import { nearestPlace, symbolsPath, whiskersPath } from '../../../src/renderer/charts/scatter-paths';

describe('symbols', () => {
  it.each([
    ['square', 'M5 5L15 5L15 15L5 15Z'],
    ['diamond', 'M10 5L15 10L10 15L5 10Z'],
    ['triangle', 'M10 5L15 15L5 15Z'],
    ['circle', 'M5 10A5 5 0 1 0 15 10A5 5 0 1 0 5 10Z'],
  ] as const)('a %s is as wide and high as it is said', (shape, path) => {
    expect(symbolsPath(shape, [[10, 10]], 10)).toBe(path);
    expect(symbolsPath(shape, [], 10)).toBe('');
    expect(symbolsPath(shape, [[10, 10], [10, 10]], 10)).toBe(path + path); // prettier-ignore
  });
});

describe('bars', () => {
  const upright = { low: [10, 90], high: [10, 50] } as const;
  it('stand upright with caps, and lie where that can be seen', () => {
    const standing = 'M10 90L10 50M7 90L13 90M7 50L13 50';
    expect(whiskersPath([{ ...upright, left: [10, 70], right: [10.5, 70] }])).toBe(standing);
    expect(whiskersPath([{ ...upright, left: [6, 70], right: [14, 70] }])).toBe(`${standing}M6 70L14 70`);
  });
});

describe('the point that is pointed at', () => {
  const places = [[10, 10], [20, 10], [20, 10]] as const; // prettier-ignore
  it('is the nearest within reach, of equals the one on top', () => {
    expect(nearestPlace(places, [12, 10], 8)).toBe(0);
    expect(nearestPlace(places, [19, 11], 8)).toBe(2);
    expect(nearestPlace(places, [28, 10], 8)).toBe(2);
    expect(nearestPlace(places, [29, 10], 8)).toBeUndefined();
    expect(nearestPlace([], [0, 0], 8)).toBeUndefined();
  });
});
