import type { NumbersPlace } from '@shared/presenter/explain/evidence';

/** The section of the side panel that shows the numbers of a note. */
export const placeId = (place: NumbersPlace): string => `trial-${place}`;
