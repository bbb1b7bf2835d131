import sharp from 'sharp';
import { Draws } from './draws';
import { Scene, shortSide } from './scene';
import { classes } from './shapes';

/** Another seed makes another pack. */
const seed = 20250917;

/** Pictures of different splits share no random number. Plain ones are without clutter, to begin training on. */
export type PictureSplit = 'train' | 'eval' | 'calibration' | 'plain';

export const labelNames = Object.keys(classes);
const shapes = Object.values(classes);

export interface Picture {
  width: number;
  height: number;
  /** RGB, `[height, width, 3]`. */
  pixels: Uint8Array;
  label: number;
}

/**
 * The picture of a place in a split: one thing of ten kinds on a table among clutter, short side 120 pixels, long side up to 152. The
 * class is the place modulo ten. Nothing is downloaded and no font is used.
 */
export function renderPicture(split: PictureSplit, index: number): Picture {
  const draws = new Draws(`${seed} ${split} ${index}`);
  const label = index % shapes.length;
  const longSide = shortSide + 8 * draws.integer(5);
  const [width, height] = draws.happens(0.5) ? [shortSide, longSide] : [longSide, shortSide];
  const scene = new Scene(draws, width, height);
  const isPlain = split === 'plain';
  const things = isPlain ? 0 : 2 + draws.integer(6);
  for (let thing = 0; thing < things; thing++) scene.addClutter();
  // A little depth of field: the table lies below the subject's top.
  blurLight(scene.canvas, width, height, draws.uniform(0, 1.2));
  scene.addSubject(shapes[label]!);
  const across = isPlain ? 0 : draws.weighted([0.4, 0.35, 0.2, 0.05]);
  for (let thing = 0; thing < across; thing++) scene.addOccluder();
  return { width, height, pixels: photograph(draws, scene), label };
}

/** As the pack stores it; training pictures go through the same compression. */
export function jpegOf({ pixels, width, height }: Picture): Promise<Buffer> {
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 88 })
    .toBuffer();
}

/** Uneven light, exposure, colour cast, lens blur and sensor noise. */
function photograph(draws: Draws, { canvas, width, height, light }: Scene): Uint8Array {
  const [slant, falloff] = [draws.uniform(0, 0.9), draws.uniform(0, 0.5)];
  const frame = draws.happens(0.25) ? drawFrameShadow(draws, width, height) : () => 1;
  const exposure = Math.exp(draws.uniform(-0.35, 0.55));
  const cast = [0, 1, 2].map(() => exposure * draws.uniform(0.85, 1.15));
  // The square root stands in for the display's gamma.
  const display = new Float32Array(canvas.length);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const across = x / width - 0.5;
      const down = y / height - 0.5;
      const shine = 1 + slant * (across * light[0] + down * light[1]);
      const brightness = shine * (1 - falloff * 2 * (across * across + down * down)) * frame(x, y);
      for (let channel = 0; channel < 3; channel++, at++)
        display[at] = 255 * Math.sqrt(Math.max(0, Math.min(1, canvas[at]! * brightness * cast[channel]!)));
    }
  blur(display, width, height, draws.uniform(-0.5, 1.1));
  const noise = 255 * draws.uniform(0.008, 0.05);
  const pixels = new Uint8Array(display.length);
  for (let at = 0; at < pixels.length; at++)
    pixels[at] = Math.max(0, Math.min(255, Math.floor(display[at]! + noise * draws.normal() + 0.5)));
  return pixels;
}

/** The shadow of something outside the picture, say a window frame. */
function drawFrameShadow(draws: Draws, width: number, height: number): (x: number, y: number) => number {
  const angle = draws.uniform(0, 2 * Math.PI);
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  const [left, top] = [width * draws.uniform(0.3, 0.7), height * draws.uniform(0.3, 0.7)];
  const [darkness, softness] = [draws.uniform(0.3, 0.6), draws.uniform(0.5, 4)];
  return (x, y) => {
    const side = (x - left) * cosine + (y - top) * sine;
    return 1 - darkness / (1 + Math.exp(Math.max(-30, Math.min(30, -side / softness))));
  };
}

/** Blurs linear light as the display shows it. */
function blurLight(canvas: Float32Array, width: number, height: number, deviation: number): void {
  if (deviation <= 0.3) return;
  canvas.forEach((value, at) => (canvas[at] = Math.sqrt(Math.max(0, Math.min(1, value)))));
  blur(canvas, width, height, deviation);
  canvas.forEach((value, at) => (canvas[at] = value * value));
}

/** Gauss's blur of `[height, width, 3]`, in place; edges go on as they end. Nothing below a deviation of 0. */
function blur(image: Float32Array, width: number, height: number, deviation: number): void {
  if (deviation <= 0) return;
  const reach = Math.ceil(3 * deviation);
  const bell = Array.from({ length: 2 * reach + 1 }, (_, at) => Math.exp(-0.5 * ((at - reach) / deviation) ** 2));
  const sum = bell.reduce((total, weight) => total + weight, 0);
  const weights = Float64Array.from(bell, (weight) => weight / sum);
  const along = (size: number, lines: number, stride: number, lineStride: number): void => {
    // With its ends drawn out.
    const line = new Float32Array(size + 2 * reach);
    for (let number = 0; number < lines; number++)
      for (let channel = 0; channel < 3; channel++) {
        const start = number * lineStride + channel;
        for (let place = -reach; place < size + reach; place++)
          line[place + reach] = image[start + Math.max(0, Math.min(size - 1, place)) * stride]!;
        for (let place = 0; place < size; place++) {
          let total = 0;
          for (let tap = 0; tap < weights.length; tap++) total += weights[tap]! * line[place + tap]!;
          image[start + place * stride] = total;
        }
      }
  };
  along(width, height, 3, width * 3);
  along(height, width, width * 3, 3);
}
