import { expect, test } from 'vitest';
import { saturatedPairs, saturationSentence } from '../../../src/main/engine/compression/quantization/saturation';

test.each([
  // 255 * 127 + 255 * 1 = 32,640 fits; 255 * 127 + 255 * 2 = 32,895 does not.
  [[255, 255], [127, 1], 0],
  [[255, 255], [127, 2], 1],
  // -128 * 255 - 128 = -32,768 is the last that fits.
  [[255, 128], [-128, -1], 0],
  [[255, 129], [-128, -1], 1],
  // Pairs are (0, 1) and (2, 3); an odd element stands alone. Two rows of weights.
  [[255, 0, 255, 255, 255], [127, 127, 127, 127, 127, 1, 1, 127, 127, 127], 2],
  // 7 bits never leave 16: 2 * 255 * 63 = 32,130.
  [[255, 255], [63, 63], 0],
])('inputs %j, weights %j: %i', (inputs, weights, expected) => {
  expect(saturatedPairs(Uint8Array.from(inputs), Int8Array.from(weights))).toBe(expected);
});

test('says where and how much, or nothing', () => {
  expect(saturationSentence([{ layer: 'a', share: 0 }])).toBeUndefined();
  expect(
    saturationSentence([
      { layer: 'a', share: 0.00123 },
      { layer: 'b', share: 0.0217 },
      { layer: 'c', share: 0 },
    ]),
  ).toBe(
    'On processors without VNNI, sums of two products saturate in 2 of 3 layers (most in "b": 2.2 %), so answers there may differ from those measured here; reduceRange avoids it.',
  );
});
