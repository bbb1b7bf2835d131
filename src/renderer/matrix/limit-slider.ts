/** How the places of a slider, 0 to `limitPlaces`, stand for limits. Its right end is "no limit". */
export interface LimitScale {
  least: number;
  most: number;
  /** `squares`: zero is among the values. `logarithm`: equal steps are equal factors. */
  kind: 'squares' | 'logarithm';
}

export const limitPlaces = 100;

/** The limit at a place, rounded to two digits as people would write it; undefined at the right end. */
export function limitAt(place: number, { least, most, kind }: LimitScale): number | undefined {
  if (place >= limitPlaces) return undefined;
  const share = Math.max(0, place) / limitPlaces;
  const value = kind === 'squares' ? least + (most - least) * share ** 2 : least * (most / least) ** share;
  return value === 0 ? 0 : Number(value.toPrecision(2));
}

/** The nearest place of a limit; what lies beyond the scale stands at its ends. */
export function placeOf(limit: number | undefined, { least, most, kind }: LimitScale): number {
  if (limit === undefined || limit > most) return limitPlaces;
  const share =
    kind === 'squares' ? Math.sqrt((limit - least) / (most - least)) : Math.log(limit / least) / Math.log(most / least);
  // "No limit" has the last place to itself.
  return Math.min(limitPlaces - 1, Math.max(0, Math.round((Number.isFinite(share) ? share : 0) * limitPlaces)));
}
