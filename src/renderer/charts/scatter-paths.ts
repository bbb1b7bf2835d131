import type { seriesShapes } from '@shared/presenter/series-mark';

/** On the drawing, px. */
export type Place = readonly [x: number, y: number];

/** Ends of the bars through a point. */
export interface Whisker {
  low: Place;
  high: Place;
  left: Place;
  right: Place;
}

const capPx = 3;

/** Half a tenth of a pixel is not seen. */
const tidy = (value: number): number => Math.round(value * 10) / 10;
const line = (...places: readonly Place[]): string =>
  places.map(([x, y], at) => `${at === 0 ? 'M' : 'L'}${tidy(x)} ${tidy(y)}`).join('');

/** The outline of one symbol as wide and high as `size`, round its middle. */
const outlines: Record<(typeof seriesShapes)[number], (place: Place, size: number) => string> = {
  circle: ([x, y], size) => {
    const radius = tidy(size / 2);
    const arc = (to: number): string => `A${radius} ${radius} 0 1 0 ${tidy(to)} ${tidy(y)}`;
    return `${line([x - radius, y])}${arc(x + radius)}${arc(x - radius)}Z`;
  },
  triangle: ([x, y], size) => `${line([x, y - size / 2], [x + size / 2, y + size / 2], [x - size / 2, y + size / 2])}Z`,
  square: ([x, y], size) => {
    const [left, right, top, bottom] = [x - size / 2, x + size / 2, y - size / 2, y + size / 2];
    return `${line([left, top], [right, top], [right, bottom], [left, bottom])}Z`;
  },
  diamond: ([x, y], size) => `${line([x, y - size / 2], [x + size / 2, y], [x, y + size / 2], [x - size / 2, y])}Z`,
};

/**
 * All symbols of a kind as one path: hundreds of elements of their own take longer than a frame to make and to draw.
 * @param size px
 */
export function symbolsPath(shape: keyof typeof outlines, places: readonly Place[], size: number): string {
  return places.map((place) => outlines[shape](place, size)).join('');
}

/** The bars through all points as one path: upright with caps; lying where they are long enough to be seen. */
export function whiskersPath(whiskers: readonly Whisker[]): string {
  return whiskers
    .map(({ low, high, left, right }) => {
      const cap = ([x, y]: Place): string => line([x - capPx, y], [x + capPx, y]);
      return `${line(low, high)}${cap(low)}${cap(high)}${right[0] - left[0] > 1 ? line(left, right) : ''}`;
    })
    .join('');
}

/** The place nearest to another, no further away than `within` px; undefined where there is none. */
export function nearestPlace(places: readonly Place[], [x, y]: Place, within: number): number | undefined {
  let [nearest, least]: [number | undefined, number] = [undefined, within];
  for (const [at, [placeX, placeY]] of places.entries()) {
    const distance = Math.hypot(placeX - x, placeY - y);
    // The last of equals lies on top.
    if (distance <= least) [nearest, least] = [at, distance];
  }
  return nearest;
}
