/** How the times of single inferences are spread, both sides on one axis; places are shares of its length. */
export interface TimeHistogram {
  rows: HistogramRow[];
  /** Ends of the axis, ms. */
  from: number;
  to: number;
}

export interface HistogramRow {
  /** Height of each bin, as a share of the highest of both sides. */
  heights: number[];
  median: number;
  p90: number;
  p99: number;
  /** Share of the inferences that took longer than the axis shows. */
  beyond: number;
}

const binCount = 48;
/** The slowest inferences would leave all others one bin. */
const shownShare = 0.99;

/** @param sides order statistics at equal steps, µs, ascending: of this trial and of its baseline */
export function timeHistogram(sides: readonly (readonly number[])[]): TimeHistogram | undefined {
  if (sides.length === 0 || sides.some((side) => side.length === 0)) return undefined;
  const low = Math.min(...sides.map((side) => side[0]!));
  const high = Math.max(...sides.map((side) => quantile(side, shownShare)));
  const span = high - low || 1;
  const place = (us: number): number => Math.min(1, Math.max(0, (us - low) / span));
  const counted = sides.map((side) => {
    const shares = Array.from({ length: binCount }, () => 0);
    for (const us of side)
      if (us <= high) shares[Math.min(binCount - 1, Math.floor(place(us) * binCount))]! += 1 / side.length;
    return shares;
  });
  const tallest = Math.max(...counted.flat());
  return {
    rows: sides.map((side, at) => ({
      heights: counted[at]!.map((share) => share / tallest),
      median: place(quantile(side, 0.5)),
      p90: place(quantile(side, 0.9)),
      p99: place(quantile(side, 0.99)),
      beyond: side.filter((us) => us > high).length / side.length,
    })),
    from: low / 1000,
    to: high / 1000,
  };
}

/** Of ascending values, interpolated. */
function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const next = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return sorted[below]! + (place - below) * (next - sorted[below]!);
}
