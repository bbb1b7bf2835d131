import type { Draws } from './draws';
import type { Outline } from './shapes';
import type { Area } from './surface';

/** The direction that light comes from, along the table. */
export type Light = readonly [x: number, y: number];

/**
 * An outline laid somewhere in a picture: turned, and foreshortened along another direction as by a tilted camera, with rounded corners.
 * @param centre and `radius` in pixels
 * @returns the distance to it in pixels, negative inside
 */
export function placed(draws: Draws, outline: Outline, centre: readonly [number, number], radius: number): Outline {
  const [turned, axis] = [draws.uniform(0, 2 * Math.PI), draws.uniform(0, 2 * Math.PI)];
  const squash = 1 / draws.uniform(0.74, 1);
  const [c, s] = [Math.cos(axis), Math.sin(axis)];
  // Along the axis by `squash`: R^T diag(squash, 1) R.
  const tilt = [c * c * squash + s * s, c * s * (squash - 1), c * s * (squash - 1), s * s * squash + c * c] as const;
  const [cosine, sine] = [Math.cos(turned) / radius, Math.sin(turned) / radius];
  const a = cosine * tilt[0] + sine * tilt[2];
  const b = cosine * tilt[1] + sine * tilt[3];
  const d = -sine * tilt[0] + cosine * tilt[2];
  const e = -sine * tilt[1] + cosine * tilt[3];
  const rounding = draws.uniform(0, 0.09);
  const grown = 1 + rounding;
  return (x, y) => {
    const dx = x - centre[0];
    const dy = y - centre[1];
    const distance = outline((a * dx + b * dy) * grown, (d * dx + e * dy) * grown);
    // Smaller, then larger by as much: that rounds corners.
    return ((distance - rounding * 0.5) / grown) * radius;
  };
}

/**
 * Lambert's and Blinn and Phong's shading of a bevelled or domed body under a light that stands at 45 degrees.
 * @param distances to its outline, `[height, width]`
 * @param surface its colours, `[height, width, 3]`, lit in place
 */
export function shade(
  draws: Draws,
  distances: Float32Array,
  surface: Float32Array,
  { width, height }: Area,
  radius: number,
  light: Light,
): void {
  const bevel = radius * (draws.happens(0.6) ? draws.uniform(0.12, 0.25) : draws.uniform(0.4, 1));
  const steepness = bevel * draws.uniform(0.4, 0.8);
  const heights = distances.map((distance) => {
    const slope = Math.max(0, Math.min(1, 1 - Math.max(-distance, 0) / bevel));
    return steepness * Math.sqrt(1 - slope * slope);
  });
  const ambient = draws.uniform(0.25, 0.45);
  const [gloss, sharpness] = [draws.pick([0, 0.15, 0.5]), draws.pick([12, 40, 120])];
  /** Central differences, one-sided at the edges. */
  const slopeAt = (at: number, place: number, size: number, stride: number): number => {
    const before = place > 0 ? 1 : 0;
    const after = place < size - 1 ? 1 : 0;
    return (heights[at + after * stride]! - heights[at - before * stride]!) / (before + after);
  };
  for (let row = 0, at = 0; row < height; row++)
    for (let column = 0; column < width; column++, at++) {
      const across = slopeAt(at, column, width, 1);
      const down = slopeAt(at, row, height, width);
      const norm = 1 / Math.sqrt(1 + across * across + down * down);
      const towards = -(across * light[0] + down * light[1]);
      const lit = ambient + 0.85 * Math.max(0, (towards + 1) * norm * Math.SQRT1_2);
      const shine = gloss === 0 ? 0 : gloss * Math.max(0, (towards * 0.38 + 0.92) * norm) ** sharpness;
      for (let channel = at * 3; channel < at * 3 + 3; channel++) surface[channel] = surface[channel]! * lit + shine;
    }
}
