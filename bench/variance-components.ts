/**
 * What the logarithms of round ratios vary by, one row for each pair of sessions and all rows of one length: one-way random effects
 * (Searle, Casella and McCulloch 1992, "Variance components", section 3.6), and the lag-1 autocorrelation of the rounds inside a pair.
 */
export interface VarianceComponents {
  /** Standard deviation of rounds within a pair. */
  within: number;
  /** Standard deviation of what lasts as long as a pair; 0 where the rounds explain all. */
  between: number;
  /** Corrected for the mean that is taken from each short row: without dependence it is 0 on average, not -1 / rounds. */
  autocorrelation: number;
}

export function varianceComponents(rows: readonly (readonly number[])[]): VarianceComponents {
  const rounds = rows[0]!.length;
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const means = rows.map(mean);
  const centred = rows.map((row, index) => row.map((value) => value - means[index]!));
  const squares = centred.flat().reduce((sum, value) => sum + value ** 2, 0);
  const products = centred.flatMap((row) => row.slice(1).map((value, index) => value * row[index]!));
  const grand = mean(means);
  const betweenSquares = rounds * means.reduce((sum, value) => sum + (value - grand) ** 2, 0);
  const withinVariance = squares / (rows.length * (rounds - 1));
  const betweenVariance = (betweenSquares / (rows.length - 1) - withinVariance) / rounds;
  return {
    within: Math.sqrt(withinVariance),
    between: Math.sqrt(Math.max(0, betweenVariance)),
    autocorrelation: products.reduce((sum, value) => sum + value, 0) / squares + 1 / rounds,
  };
}
