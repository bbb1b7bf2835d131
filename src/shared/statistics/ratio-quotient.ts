import type { Interval } from '../metrics';

export interface RatioWithInterval {
  ratio: number;
  ratioInterval: Interval;
}

/** The quotient of two ratios measured apart: the half widths of their intervals on the logarithmic scale add as squares (delta method). */
export function quotient(own: RatioWithInterval, other: RatioWithInterval): RatioWithInterval {
  const halfWidth = ({ ratioInterval: [low, high] }: RatioWithInterval): number => Math.log(high / low) / 2;
  const spread = Math.exp(Math.hypot(halfWidth(own), halfWidth(other)));
  const ratio = own.ratio / other.ratio;
  return { ratio, ratioInterval: [ratio / spread, ratio * spread] };
}
