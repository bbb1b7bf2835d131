import type { GradientWriter } from '../gradient-writer';
import type { Window } from '../window';

/** A value with the zeros that windows see around it; its spatial axes begin at `first`, of `rank` axes. */
export function padded(
  write: GradientWriter,
  x: string,
  windows: readonly Window[],
  rank: number,
  first: number,
): string {
  const along = (count: (window: Window) => number): number[] =>
    Array.from({ length: rank }, (_, axis) => {
      const window = windows[axis - first];
      return window ? Math.max(0, count(window)) : 0;
    });
  return write.pad(
    x,
    along(({ before }) => before),
    along(({ after }) => after),
  );
}

/** What of a padded value lies under one tap of the kernel, for every position of the output. */
export function under(
  write: GradientWriter,
  x: string,
  tap: readonly number[],
  windows: readonly Window[],
  first: number,
): string {
  if (windows.every(({ kernel, stride }) => kernel * stride === 1)) return x;
  return write.slice(
    x,
    windows.map((_, axis) => axis + first),
    tap,
    windows.map(({ stride, output }, axis) => tap[axis]! + (output - 1) * stride + 1),
    windows.map(({ stride }) => stride),
  );
}
