import fc from 'fast-check';
import { posix, win32 } from 'node:path';
import { describe, expect, it } from 'vitest';
import { entryPlace } from '../../../src/main/engine/fetch/entry-place';

describe('entryPlace', () => {
  it.each([
    ['images', []],
    ['images/', []],
    ['images/val/a.JPEG', ['val', 'a.JPEG']],
    ['images/.DS_Store', ['.DS_Store']],
    ['images/ein Bild mit Umlaut ä.png', ['ein Bild mit Umlaut ä.png']],
  ])('%s has a place', (path, place) => {
    expect(entryPlace(path, 'images')).toEqual(place);
  });

  it.each([
    '',
    '.',
    './images/a',
    'images/./a',
    'images//a',
    'images/..',
    'images/a/../../b',
    '/images/a',
    '\\images\\a',
    'images\\a',
    'images/a\0b',
    'images/a:b',
    'images/CON',
    'images/nul.txt',
    'images/lpt1.png',
    'images/trailing.',
    'images/trailing ',
    'imagesx/a',
    `images/${'a'.repeat(256)}`,
    `images/${'a/'.repeat(40)}b`,
    `images/${'abcdefghij/'.repeat(100)}b`,
  ])('%j has none', (path) => {
    expect(entryPlace(path, 'images')).toBeTypeOf('string');
  });

  it('never leads out of the folder, on any system', () => {
    const part = fc.constantFrom(
      'images',
      '..',
      '.',
      '',
      'a',
      'C:',
      'con',
      '\\',
      '/',
      '..\\',
      '~',
      'x/y',
      '\u2024\u2024',
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), fc.constantFrom('/', '\\', ''), (parts, glue) => {
        const place = entryPlace(parts.join(glue), 'images');
        if (typeof place === 'string') return;
        for (const { join, resolve, sep } of [posix, win32]) {
          const root = resolve(sep, 'out');
          const target = resolve(join(root, ...place));
          expect(target === root || target.startsWith(root + sep)).toBe(true);
        }
      }),
      { numRuns: 5000 },
    );
  });
});
