/**
 * The `fraction` quantile (0..1) with linear interpolation between order statistics: type 7 of Hyndman and Fan (1996),
 * "Sample Quantiles in Statistical Packages", the default of R, NumPy and spreadsheets. NaN for no values.
 */
export function percentile(values: ArrayLike<number>, fraction: number): number {
  return sortedPercentile(Float64Array.from(values).sort(), fraction);
}

/** As `percentile`, for values already in ascending order. */
export function sortedPercentile(sorted: ArrayLike<number>, fraction: number): number {
  const position = (sorted.length - 1) * Math.min(1, Math.max(0, fraction));
  const below = sorted[Math.floor(position)];
  const above = sorted[Math.ceil(position)];
  if (below === undefined || above === undefined) return NaN;
  return below === above ? below : below + (above - below) * (position - Math.floor(position));
}

export function median(values: ArrayLike<number>): number {
  return percentile(values, 0.5);
}

/** Median of the absolute distances to the median, not scaled to a standard deviation. Half the values lie within it. */
export function medianAbsoluteDeviation(values: ArrayLike<number>): number {
  const centre = median(values);
  return median(Float64Array.from(values, (value) => Math.abs(value - centre)));
}
