import { describe, expect, it } from 'vitest';
import { sessionNotes } from '../../../src/renderer/live/session-notes';

describe('sessionNotes', () => {
  it('says how networks compare, and which images are missing', () => {
    expect(sessionNotes(undefined, undefined)).toEqual([]);
    expect(sessionNotes({ classOf: [0] }, { gone: 0 })).toEqual([]);
    expect(sessionNotes({ problem: 'Not so.' }, { gone: 1 })).toEqual([
      'Not so.',
      expect.stringMatching(/^1 image is missing: no longer in the dataset/),
    ]);
    expect(sessionNotes({ classOf: [0], note: 'By number.' }, { gone: 1200 })).toEqual([
      'By number.',
      expect.stringMatching(/^1,200 images are missing/),
    ]);
  });

  it('says which classes of the images are none of the network', () => {
    const images = (...names: (string | undefined)[]) => ({
      images: names.map((foreign, at) => ({ name: `${at}.jpg`, foreign })),
    });
    expect(sessionNotes(undefined, images(undefined), 'pets')).toEqual([]);
    expect(sessionNotes(undefined, images('fish'), 'pets')).toEqual([
      '“fish” is no class of pets: 1 image of it counts neither as right nor as wrong.',
    ]);
    expect(sessionNotes(undefined, images('fish', 'ant', undefined, 'fish'), 'pets')).toEqual([
      '“fish” and “ant” are no classes of pets: 3 images of them count neither as right nor as wrong.',
    ]);
    expect(sessionNotes(undefined, images('a', 'b', 'c', 'd', 'e'), 'pets')).toEqual([
      '“a”, “b”, “c” and 2 more are no classes of pets: 5 images of them count neither as right nor as wrong.',
    ]);
  });
});
