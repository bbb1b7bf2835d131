import type { Draws } from './draws';

/**
 * The distance to an outline, negative inside; the shape's outer radius is about 1. Exact enough inside to carve a bevel from it.
 */
export type Outline = (x: number, y: number) => number;

/** A kind of outline; its proportions are drawn. */
export type Shape = (draws: Draws) => Outline;

const turn = 2 * Math.PI;
const length = (x: number, y: number): number => Math.sqrt(x * x + y * y);

/** Mirrors and turns the plane into one half sector of a shape with `sides` equal sectors. */
function fold(x: number, y: number, sides: number): [x: number, y: number] {
  const sector = turn / sides;
  const turned = Math.atan2(y, x) + turn;
  const angle = Math.abs((turned % sector) - sector / 2);
  const radius = length(x, y);
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

const polygon =
  (sides: number, apothem: number): Shape =>
  () =>
  (x, y) =>
    fold(x, y, sides)[0] - apothem;

const disc: Shape = () => (x, y) => length(x, y) - 0.92;

const ring: Shape = (draws) => {
  const thickness = draws.uniform(0.15, 0.27);
  return (x, y) => Math.abs(length(x, y) - (0.97 - thickness)) - thickness;
};

/** Folding puts the notch on the x axis and the tip at 36 degrees; the edge joins the two. */
const star: Shape = (draws) => {
  const inner = draws.uniform(0.42, 0.58);
  const [tipX, tipY] = [1.05 * Math.cos(Math.PI / 5), 1.05 * Math.sin(Math.PI / 5)];
  const edge = length(tipX - inner, tipY);
  const [alongX, alongY] = [(tipX - inner) / edge, tipY / edge];
  return (x, y) => {
    const [foldedX, foldedY] = fold(x, y, 5);
    return (foldedX - inner) * alongY - foldedY * alongX;
  };
};

const box = (x: number, y: number, halfWidth: number, halfHeight: number): number =>
  Math.max(Math.abs(x) - halfWidth, Math.abs(y) - halfHeight);

const cross: Shape = (draws) => {
  const arm = draws.uniform(0.24, 0.36);
  return (x, y) => Math.min(box(x, y, 0.95, arm), box(x, y, arm, 0.95));
};

const crescent: Shape = (draws) => {
  const offset = draws.uniform(0.38, 0.58);
  return (x, y) => Math.max(length(x, y) - 0.95, 0.8 - length(x - offset, y));
};

/** Two discs and the square between them, standing on its corner. */
const heart: Shape = () => {
  const side = 0.56;
  return (x, y) => {
    const [u, v] = [(x + y) * Math.SQRT1_2, (y - x) * Math.SQRT1_2];
    const lobes = Math.min(length(u + side, v), length(u, v + side)) - side;
    return Math.min(box(u, v, side, side), lobes);
  };
};

const gear: Shape = (draws) => {
  const teeth = 8 + draws.integer(5);
  const [depth, hole] = [draws.uniform(0.09, 0.15), draws.uniform(0.12, 0.3)];
  return (x, y) => {
    const wave = Math.max(-1, Math.min(1, 2.2 * Math.cos(teeth * Math.atan2(y, x))));
    const radius = length(x, y);
    return Math.max(radius - (0.86 + depth * wave), hole - radius);
  };
};

/** The ten classes, in the order of their numbers. */
export const classes = {
  disc,
  ring,
  triangle: polygon(3, 0.56),
  square: polygon(4, 0.74),
  hexagon: polygon(6, 0.84),
  star,
  cross,
  crescent,
  heart,
  gear,
} satisfies Record<string, Shape>;

/** Clutter: a round lump with a wavy outline. */
const pebble: Shape = (draws) => {
  const waves = [2, 3, 5].map((harmonic) => ({
    harmonic,
    height: draws.uniform(0.02, 0.3 / harmonic),
    phase: draws.uniform(0, turn),
  }));
  return (x, y) => {
    const angle = Math.atan2(y, x);
    let outline = 0.8;
    for (const { harmonic, height, phase } of waves) outline += height * Math.cos(harmonic * angle + phase);
    return length(x, y) - outline;
  };
};

/** Clutter: a rod with round ends. */
export const stick: Shape = (draws) => {
  const halfWidth = draws.uniform(0.06, 0.16);
  return (x, y) => length(x - Math.max(-1, Math.min(1, x)), y) - halfWidth;
};

/** Clutter: the lens between two discs. */
const leaf: Shape = (draws) => {
  const offset = draws.uniform(0.7, 1.3);
  const radius = length(1, offset);
  return (x, y) => Math.max(length(x, y - offset), length(x, y + offset)) - radius;
};

export const clutter: readonly Shape[] = [pebble, stick, leaf];
