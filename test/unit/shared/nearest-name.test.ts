import { expect, test } from 'vitest';
import { nearestName } from '@shared/nearest-name';

const known = ['fp16', 'quantize.dynamic', 'quantize.static', 'prune.magnitude'];

test.each([
  ['quantise.static', 'quantize.static'],
  ['static', 'quantize.static'],
  ['Prune.Magnitude', 'prune.magnitude'],
  ['prune.magnitued', 'prune.magnitude'],
  ['fp61', 'fp16'],
  ['distill', undefined],
  ['', undefined],
  ['x'.repeat(10_000), undefined],
])('%.30s is nearest to %s', (given, expected) => {
  expect(nearestName(given, known)).toBe(expected);
});
