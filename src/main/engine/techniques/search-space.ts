/**
 * Places in a chain that a search makes, from first to last; each holds one technique or none. The size of the input comes as late as ranges of
 * activations allow: what is expensive before it is done once for all sizes.
 */
export const chainPlaces = ['structure', 'zeros', 'training', 'rounding', 'input', 'integers', 'repair'] as const;
export type ChainPlace = (typeof chainPlaces)[number];

/** Values of a parameter that are worth trying; `ordered`: neighbours are alike. */
export type SearchRange = { ordered: readonly number[] } | { choices: readonly (string | boolean)[] };

/** Where a search puts a technique, and with which parameters; those not named keep their defaults. */
export interface SearchSpace {
  place: ChainPlace;
  params: Readonly<Record<string, SearchRange>>;
}
