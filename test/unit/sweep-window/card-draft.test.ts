import { describe, expect, it } from 'vitest';
import type { ClassifierFacts } from '@shared/contract';
import { preprocessSchema } from '@shared/model-card';
import { channelsOf, draftFor, isComplete, preprocessOf } from '../../../src/renderer/sweep/card-draft';

const facts: ClassifierFacts = { layout: 'NCHW', channels: 3, height: 224, width: 224, type: 'float32', classes: 10 };

describe('the card form', () => {
  it('begins with the size of the network and no preset', () => {
    const draft = draftFor({ ...facts, layout: 'NHWC', height: 32, width: 32 });
    expect(draft).toMatchObject({ preset: '', height: 32, width: 32, shortSide: 37 });
    expect(preprocessOf(draft, facts)).toBeUndefined();
    expect(isComplete(draft)).toBe(false);
  });

  it('takes an open size from the card, or else the usual one', () => {
    const open = { ...facts, height: undefined, width: undefined };
    const card = preprocessSchema.parse({ resize: [48, 192], crop: [48, 192], mean: [0, 0, 0], std: [1, 1, 1] });
    expect(draftFor(open)).toMatchObject({ height: 224, width: 224, shortSide: 256 });
    expect(draftFor(open, card)).toMatchObject({ height: 48, width: 192 });
    expect(draftFor(facts, card), 'what the network fixes').toMatchObject({ height: 224, width: 224 });
  });

  it.each([
    [
      'a preset',
      { resize: 256, crop: 224, mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] },
      'RGB',
      'imagenet',
    ],
    [
      'a preset in the other order',
      { resize: 240, crop: 224, mean: [103.939, 116.779, 123.68], std: [1, 1, 1] },
      'BGR',
      'caffe',
    ],
    ['means of its own', { resize: 224, crop: 224, mean: [1, 2, 3], std: [4, 5, 6] }, 'BGR', 'custom'],
    ['what no form can say', { resize: [224, 224], crop: 224, mean: [0, 0, 0], std: [255, 255, 255] }, 'RGB', ''],
  ] as const)('begins with what a card says: %s', (_what, said, channels, preset) => {
    const card = preprocessSchema.parse(said);
    const draft = draftFor(facts, card, channels);
    expect(draft).toMatchObject({ preset, order: channels });
    if (preset !== '') expect(preprocessOf(draft, facts)).toEqual(card);
  });

  it('crops squares from the short side that is given, and stretches to rectangles', () => {
    const draft = { ...draftFor(facts), preset: 'unit' as const, shortSide: 240 };
    expect(preprocessOf(draft, facts)).toMatchObject({ resize: 240, crop: 224 });
    expect(preprocessOf({ ...draft, width: 448 }, facts)).toMatchObject({ resize: [224, 448], crop: [224, 448] });
    expect(isComplete({ ...draft, shortSide: NaN })).toBe(false);
    expect(isComplete({ ...draft, shortSide: NaN, width: 448 })).toBe(true);
    expect(isComplete({ ...draft, width: 5000 })).toBe(false);
  });

  it('has one number a channel, none of them in another order', () => {
    const colours = draftFor(facts);
    const custom = { ...colours, preset: 'custom' as const, order: 'BGR' as const, mean: [1, 2, 3], std: [4, 5, 6] };
    expect(channelsOf(custom, facts)).toBe('BGR');
    expect(preprocessOf(custom, facts)).toMatchObject({ mean: [1, 2, 3], std: [4, 5, 6] });
    expect(isComplete({ ...custom, std: [4, 0, 6] })).toBe(false);

    const gray: ClassifierFacts = { ...facts, channels: 1 };
    const draft = { ...draftFor(gray), preset: 'custom' as const };
    expect(channelsOf(draft, gray)).toBe('gray');
    expect(preprocessOf(draft, gray)).toMatchObject({ mean: [0], std: [255] });
    expect(preprocessOf({ ...draft, preset: 'raw' }, gray)).toMatchObject({ mean: [0], std: [1] });
  });
});
