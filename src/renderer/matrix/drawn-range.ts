/** Places from `from` up to, but not including, `to`. */
export interface PlaceRange {
  from: number;
  to: number;
}

export const nothingDrawn: PlaceRange = { from: 0, to: 0 };

/**
 * Places of one `size` (px) that lie within `margin` px of the stretch of `length` px that is in view from `start` on. Sizes that are
 * not known yet show nothing. Its end may lie behind the last place.
 */
export function drawnRange(start: number, length: number, size: number, margin: number): PlaceRange {
  if (!(size > 0)) return nothingDrawn;
  return {
    from: Math.max(0, Math.floor((start - margin) / size)),
    to: Math.max(0, Math.ceil((start + length + margin) / size)),
  };
}

/** The places of a range among `count`, with others that are drawn wherever they are, in ascending order. */
export function drawnPlaces({ from, to }: PlaceRange, count: number, others: readonly number[]): number[] {
  const end = Math.min(to, count);
  const places = new Set(others.filter((place) => place >= 0 && place < count));
  for (let place = from; place < end; place++) places.add(place);
  return [...places].sort((a, b) => a - b);
}
