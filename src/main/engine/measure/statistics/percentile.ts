export { median, medianAbsoluteDeviation, percentile, sortedPercentile } from '@shared/statistics/percentile';
