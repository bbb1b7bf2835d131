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
});
