import type { GradientWriter } from './gradient-writer';

/**
 * A gradient that does not follow from the operators which compute a value, such as that of rounding, whose slope is 0 wherever it has one. The
 * nodes between the value and what it depends on are passed over.
 * @param gradient d loss / d value
 * @param isWanted whether d loss / d another value is asked for
 * @returns d loss / d other values, by name; those not wanted may be left out
 */
export type EstimatedGradient = (
  write: GradientWriter,
  gradient: string,
  isWanted: (value: string) => boolean,
) => ReadonlyMap<string, string>;
