import { expect, it } from 'vitest';
import { refitNote } from '../../../src/main/engine/compression/reconstruction/refit-network';

it('more images are promised to help where they may, and not for layers that have more inputs than any number tells apart', () => {
  expect(refitNote({ layers: 4, kept: [], wide: [] })).toBeUndefined();
  expect(refitNote({ layers: 4, kept: ['a'], wide: [] })).toMatch(/^1 of 4 layers .* \(a\): .* More images may\.$/);
  const wide = refitNote({ layers: 4, kept: ['fc'], wide: ['fc'] });
  expect(wide).toMatch(
    /to hold any back\. fc has far more inputs than there are images, so that its bias alone is fitted/,
  );
  expect(wide).not.toContain('More images may');
  expect(refitNote({ layers: 4, kept: ['a', 'fc'], wide: ['fc'] })).toMatch(/More images may\. fc has far more inputs/);
});
