import type { Draws } from './draws';

/** A part of a picture, pixels. */
export interface Area {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** Linear light, red, green and blue from 0 to 1. */
export type Paint = readonly [number, number, number];

/** A plausible paint: half of them warm, mostly muted. */
export function drawPaint(draws: Draws): Paint {
  const hue = draws.happens(0.5) ? 0.08 + 0.04 * draws.normal() : draws.uniform();
  const [saturation, value] = [draws.beta(1.6, 2.4), draws.uniform(0.3, 0.98)];
  const channel = (shift: number): number => {
    const place = (((hue * 6 + shift) % 6) + 6) % 6;
    const ramp = Math.max(0, Math.min(1, Math.abs(place - 3) - 1));
    return (value * (1 - saturation * (1 - ramp))) ** 2;
  };
  return [channel(0), channel(4), channel(2)];
}

/** Smooth noise from 0 to 1, `[height, width]`: a small grid of random numbers, enlarged with Keys' cubic (1981). */
function cloud(draws: Draws, width: number, height: number, cellsX = 5, cellsY = 5): Float32Array {
  const [columns, rows] = [Math.max(2, cellsX), Math.max(2, cellsY)];
  const grid = Float32Array.from({ length: columns * rows }, () => draws.uniform());
  const [across, down] = [cubicTaps(columns, width), cubicTaps(rows, height)];
  const wide = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++)
    for (let x = 0; x < width; x++) {
      const { first, weights } = across[x]!;
      let sum = 0;
      for (let tap = 0; tap < weights.length; tap++) sum += weights[tap]! * grid[row * columns + first + tap]!;
      wide[row * width + x] = sum;
    }
  const result = new Float32Array(height * width);
  for (let y = 0; y < height; y++) {
    const { first, weights } = down[y]!;
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let tap = 0; tap < weights.length; tap++) sum += weights[tap]! * wide[(first + tap) * width + x]!;
      result[y * width + x] = Math.max(0, Math.min(1, sum));
    }
  }
  return result;
}

/** Which cells a place of the enlarged line is made of, and how much of each; what lies beyond the ends does not count. */
function cubicTaps(cells: number, size: number): { first: number; weights: number[] }[] {
  return Array.from({ length: size }, (_, place) => {
    const centre = ((place + 0.5) * cells) / size - 0.5;
    const first = Math.max(0, Math.floor(centre) - 1);
    const last = Math.min(cells - 1, Math.floor(centre) + 2);
    const weights = Array.from({ length: last - first + 1 }, (_tap, at) => keys(Math.abs(centre - first - at)));
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { first, weights: weights.map((weight) => weight / sum) };
  });
}

const keys = (distance: number): number => {
  if (distance < 1) return (1.5 * distance - 2.5) * distance ** 2 + 1;
  return distance < 2 ? ((-0.5 * distance + 2.5) * distance - 4) * distance + 2 : 0;
};

/** A textured surface `[height, width, 3]` of one of six kinds, in two shades of a paint. */
export function drawSurface(draws: Draws, area: Area, paint: Paint): Float32Array {
  const { width, height } = area;
  const angle = draws.uniform(0, 2 * Math.PI);
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const patchy = cloud(draws, width, height);
  const contrast = draws.uniform(0.2, 0.7);
  const field = drawTexture(draws, width, height);
  const other = drawPaint(draws);
  const second = paint.map((light, channel) => light * (1 - contrast) + other[channel]! * contrast * 0.5);
  const surface = new Float32Array(width * height * 3);
  for (let row = 0, at = 0; row < height; row++)
    for (let column = 0; column < width; column++, at++) {
      const x = area.left + column;
      const y = area.top + row;
      const texture = field(x * cosine + y * sine, y * cosine - x * sine, at, patchy[at]!);
      const blend = 0.8 * texture + 0.2 * patchy[at]!;
      for (let channel = 0; channel < 3; channel++)
        surface[at * 3 + channel] = paint[channel]! * (1 - blend) + second[channel]! * blend;
    }
  return surface;
}

/** 0 to 1 by the place along and across the grain, the number of the pixel and how patchy it is there. */
type Texture = (u: number, v: number, at: number, patchy: number) => number;

const clipped = (value: number): number => Math.max(0, Math.min(1, value));

function drawTexture(draws: Draws, width: number, height: number): Texture {
  switch (draws.integer(6)) {
    case 0: // plain, with stains
      return (_u, _v, _at, patchy) => patchy;
    case 1: {
      // wood: bent rings, drawn out along the grain
      const pitch = draws.uniform(0.3, 0.9);
      return (u, v, _at, patchy) => 0.5 + 0.5 * Math.sin(u * pitch + 6 * patchy + Math.sin(v * 0.03));
    }
    case 2: {
      // stone: coarse and fine grain
      const coarse = cloud(draws, width, height, Math.floor(width / 6), Math.floor(height / 6));
      return (_u, _v, at) => 0.4 * coarse[at]! + 0.6 * draws.uniform();
    }
    case 3: {
      // woven cloth
      const pitch = draws.uniform(0.9, 1.8);
      return (u, v) => 0.5 + 0.25 * (Math.sin(u * pitch) + Math.sin(v * pitch));
    }
    case 4: {
      // painted stripes
      const pitch = draws.uniform(0.25, 0.8);
      return (u) => clipped(0.5 + 3 * Math.sin(u * pitch));
    }
    default: {
      // tiles or a check
      const pitch = draws.uniform(0.15, 0.45);
      return (u, v) => clipped(0.5 + 4 * Math.sin(u * pitch) * Math.sin(v * pitch));
    }
  }
}
