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
