import { seriesColours, seriesMark, seriesShapes } from '@shared/presenter/series-mark';

/** Colours and type of a chart, taken from the design tokens so that charts follow light and dark like everything else. */
export interface ChartTheme {
  text: string;
  textMuted: string;
  line: string;
  surface: string;
  accent: string;
  font: string;
  series: string[];
}

export function readChartTheme(element: Element): ChartTheme {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  return {
    text: token('--text'),
    textMuted: token('--text-muted'),
    line: token('--line'),
    surface: token('--surface'),
    accent: token('--accent'),
    font: token('--font'),
    series: Array.from({ length: seriesColours }, (_, index) => token(`--series-${index + 1}`)),
  };
}

/** One shape a network, beside its colour. Paths are drawn in a box of 10 x 10. */
const shapeLooks: Record<(typeof seriesShapes)[number], { symbol: string; path: string }> = {
  circle: { symbol: 'circle', path: 'M5 0.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0 -9z' },
  triangle: { symbol: 'triangle', path: 'M5 0.5L9.5 9.5H0.5z' },
  square: { symbol: 'rect', path: 'M1 1H9V9H1z' },
  diamond: { symbol: 'diamond', path: 'M5 0L10 5L5 10L0 5z' },
};

export function shapeOf(index: number): { symbol: string; path: string } {
  return shapeLooks[seriesShapes[seriesMark(index).shape]!];
}

/** The class that colours what belongs to a network: the same colour as in the chart. */
export const seriesClass = (index: number): string => `series-${seriesMark(index).colour + 1}`;
