/**
 * Changes of colour as torchvision makes them on Pillow images, `adjust_brightness` and so on: equal to Pillow's results byte for byte. An
 * image is RGB, `[height, width, 3]`, and is changed in place.
 */

/** Mixed with black: 0 gives black, 1 the image. */
export function changeBrightness(rgb: Uint8Array, factor: number): void {
  changeLevels(rgb, 0, factor);
}

/** Mixed with its mean grey: 0 gives that, 1 the image. */
export function changeContrast(rgb: Uint8Array, factor: number): void {
  let sum = 0;
  for (let at = 0; at < rgb.length; at += 3) sum += luma(rgb, at);
  changeLevels(rgb, Math.trunc(sum / (rgb.length / 3) + 0.5), factor);
}

/** Mixed with itself in grey: 0 gives that, 1 the image. */
export function changeSaturation(rgb: Uint8Array, factor: number): void {
  const share = Math.fround(factor);
  for (let at = 0; at < rgb.length; at += 3) {
    const grey = luma(rgb, at);
    for (let channel = at; channel < at + 3; channel++) rgb[channel] = mixed(grey, rgb[channel]!, share);
  }
}

/**
 * Turns the hue by `turn` of the colour circle, -0.5 to 0.5. As Pillow does it, by way of 8-bit HSV: also a turn of 0 changes a colour by some
 * levels.
 */
export function changeHue(rgb: Uint8Array, turn: number): void {
  const steps = Math.trunc(turn * 255);
  for (let at = 0; at < rgb.length; at += 3) turnPixel(rgb, at, steps);
}

/** A byte has 256 values, so that mixing with one level is a table. */
function changeLevels(rgb: Uint8Array, towards: number, factor: number): void {
  const share = Math.fround(factor);
  const table = Uint8Array.from({ length: 256 }, (_, level) => mixed(towards, level, share));
  for (let at = 0; at < rgb.length; at++) rgb[at] = table[rgb[at]!]!;
}

/** Pillow's `Image.blend`: in single precision, cut off to a byte. */
function mixed(from: number, to: number, share: number): number {
  const value = Math.fround(from + Math.fround(share * (to - from)));
  return value <= 0 ? 0 : value >= 255 ? 255 : Math.trunc(value);
}

/** Pillow's mode "L": ITU-R BT.601 in 1/65536, rounded. */
function luma(rgb: Uint8Array, at: number): number {
  return (rgb[at]! * 19595 + rgb[at + 1]! * 38470 + rgb[at + 2]! * 7471 + 0x8000) >> 16;
}

/** One pixel through HSV of 8 bits each, as Pillow's `convert("HSV")` and back. */
function turnPixel(rgb: Uint8Array, at: number, steps: number): void {
  const [red, green, blue] = [rgb[at]!, rgb[at + 1]!, rgb[at + 2]!];
  const value = Math.max(red, green, blue);
  const range = value - Math.min(red, green, blue);
  if (range === 0) return;
  const toMost = (level: number): number => Math.fround((value - level) / range);
  const sector =
    red === value
      ? Math.fround(toMost(blue) - toMost(green))
      : green === value
        ? Math.fround(2 + toMost(red) - toMost(blue))
        : Math.fround(4 + toMost(green) - toMost(red));
  const hue = (Math.trunc(Math.fround((sector / 6 + 1) % 1) * 255) + steps) & 255;
  const saturation = Math.trunc(Math.fround(range / value) * 255);
  if (saturation === 0) {
    rgb.fill(value, at, at + 3);
    return;
  }
  const place = (hue * 6) / 255;
  const sectorStart = Math.floor(place);
  const rest = Math.fround(place - sectorStart);
  const colour = Math.fround(saturation / 255);
  const low = Math.round(value * (1 - colour));
  const falling = Math.round(value * (1 - Math.fround(colour * rest)));
  const rising = Math.round(value * (1 - colour * (1 - rest)));
  const put = (...pixel: [red: number, green: number, blue: number]): void => rgb.set(pixel, at);
  switch (sectorStart % 6) {
    case 0:
      return put(value, rising, low);
    case 1:
      return put(falling, value, low);
    case 2:
      return put(low, value, rising);
    case 3:
      return put(low, falling, value);
    case 4:
      return put(rising, low, value);
    default:
      return put(value, low, falling);
  }
}
