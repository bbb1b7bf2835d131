import { describe, expect, test } from 'vitest';
import { classifierOf } from '../../../src/main/engine/onnx/classifier';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { foreignImages } from '../../fixtures/networks/foreign-images';
import { foreignNetworks } from '../../fixtures/networks/index';
import { scoresOf } from '../../fixtures/networks/run-network';

describe.each(foreignNetworks)('$name', ({ make, card }) => {
  test('is a classifier that runs, and whose answers differ from image to image', async () => {
    const graph = make();
    expect(classifierOf(graph)).toMatchObject({ layout: card.input.layout, classes: card.output.classes });
    const images = 8;
    const scores = await scoresOf(graph, card, foreignImages(card, images));
    expect(scores.every(Number.isFinite)).toBe(true);
    const ofFirstClass = Array.from({ length: images }, (_, image) => scores[(image * scores.length) / images]!);
    expect(Math.max(...ofFirstClass) - Math.min(...ofFirstClass)).toBeGreaterThan(1e-3);
  });

  test('is the same each time', () => {
    expect(Buffer.from(encodeModel(make())).equals(Buffer.from(encodeModel(make())))).toBe(true);
  });
});
