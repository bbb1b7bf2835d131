/** Sizes of the parts of the matrix that can be moved, px. */
export const recipeWidths = { usual: 220, minimum: 120, maximum: 640 } as const;

const usualShare = 0.4;
const smallestChart = 130;
/** Of the table and the line, while nobody has moved it: six rows, and half of a window of 700. */
const usualTable = 358;
const smallestTable = 130;

/** How small and how large the chart can be where both have `height`. */
export function chartLimits(height: number): { minimum: number; maximum: number } {
  return { minimum: smallestChart, maximum: Math.max(smallestChart, Math.round(height - smallestTable)) };
}

/** Height of the chart: the share of the height that was chosen; by itself it leaves the table six rows. */
export function chartHeight(share: number | null, height: number): number {
  const { minimum, maximum } = chartLimits(height);
  const wanted = share === null ? Math.min(usualShare * height, height - usualTable) : share * height;
  return Math.round(Math.max(minimum, Math.min(maximum, wanted)));
}
