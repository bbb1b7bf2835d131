/** Colours and shapes of chart series, wherever networks are drawn. */
export const seriesColours = 8;
export const seriesShapes = ['circle', 'triangle', 'square', 'diamond'] as const;

/** How the network at `index` of a run looks: 32 pairs of colour and shape before one returns. */
export function seriesMark(index: number): { colour: number; shape: number } {
  return { colour: index % seriesColours, shape: (index + Math.floor(index / seriesColours)) % seriesShapes.length };
}
