import { linearTicks, logTicks } from '@shared/presenter/axis-ticks';
import { seriesMark, seriesShapes } from '@shared/presenter/series-mark';
import type { Chart, ChartPoint } from './charts';
import { escapeHtml } from './escape-html';
import { placeNames } from './place-names';

const width = 460;
const height = 216;
const margin = { left: 46, right: 12, top: 10, bottom: 40 };

/**
 * A scatter chart with a logarithmic x axis, error bars and Pareto fronts, as static SVG; '' without a point to draw.
 * @param named writes the recipes on the front beside their points
 */
export function scatterSvg({ title, xLabel, yLabel, points }: Chart, named = false): string {
  const shown = points.filter((point) => point.x > 0 && Number.isFinite(point.y));
  if (shown.length === 0) return '';
  const xs = shown.map((point) => Math.log10(point.x));
  const [xMin, xMax] = widen(Math.min(...xs), Math.max(...xs), 0.08);
  const [yMin, yMax] = widen(
    Math.min(...shown.map((point) => point.low ?? point.y)),
    Math.max(...shown.map((point) => point.high ?? point.y)),
    0.04,
  );
  const x = (value: number): number =>
    margin.left + ((Math.log10(value) - xMin) / (xMax - xMin)) * (width - margin.left - margin.right);
  const y = (value: number): number =>
    height - margin.bottom - ((value - yMin) / (yMax - yMin)) * (height - margin.top - margin.bottom);

  const gridX = logTicks(10 ** xMin, 10 ** xMax).map(
    (tick) =>
      `<line class="grid" x1="${fix(x(tick))}" x2="${fix(x(tick))}" y1="${margin.top}" y2="${height - margin.bottom}"/>` +
      `<text class="tick" x="${fix(x(tick))}" y="${height - margin.bottom + 13}" text-anchor="middle">${tick}</text>`,
  );
  const gridY = linearTicks(yMin, yMax).map(
    (tick) =>
      `<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${fix(y(tick))}" y2="${fix(y(tick))}"/>` +
      `<text class="tick" x="${margin.left - 5}" y="${fix(y(tick) + 3)}" text-anchor="end">${tick}</text>`,
  );
  const colourOf = ({ series }: ChartPoint): string => `s${seriesMark(series).colour}`;
  const dots = shown.map((point) => {
    const bar =
      point.low === undefined || point.high === undefined
        ? ''
        : `<line class="bar ${colourOf(point)}" x1="${fix(x(point.x))}" x2="${fix(x(point.x))}" y1="${fix(y(point.low))}" y2="${fix(y(point.high))}"/>`;
    return `<g>${bar}${scatterMark(point.series, x(point.x), y(point.y))}<title>${escapeHtml(point.label)}</title></g>`;
  });
  const onFront = shown.filter(({ isOnFront }) => isOnFront);
  const fronts = [...new Set(onFront.map(({ series }) => series))].map((series) => {
    const line = onFront.filter((point) => point.series === series);
    const corners = line.map((point) => `${fix(x(point.x))},${fix(y(point.y))}`);
    return `<polyline class="front ${colourOf(line[0]!)}" points="${corners.join(' ')}"/>`;
  });
  const names = named
    ? placeNames(
        onFront.map((point) => ({ text: point.recipe, x: x(point.x), y: y(point.y) })),
        shown.map((point) => ({ x: x(point.x), y: y(point.y) })),
        { left: margin.left, right: width - margin.right, top: margin.top, bottom: height - margin.bottom },
      ).map(
        (name) =>
          `<text class="name" x="${fix(name.x)}" y="${fix(name.y)}" text-anchor="${name.anchor}">${escapeHtml(name.text)}</text>`,
      )
    : [];
  const middle = (height - margin.bottom + margin.top) / 2;
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)}">
${gridX.join('')}${gridY.join('')}
<text class="axis" x="${(width + margin.left) / 2}" y="${height - 8}" text-anchor="middle">${escapeHtml(xLabel)}</text>
<text class="axis" x="11" y="${middle}" text-anchor="middle" transform="rotate(-90 11 ${middle})">${escapeHtml(yLabel)}</text>
${fronts.join('')}${dots.join('')}${names.join('')}
</svg>`;
}

/** The mark of a model at a place of the drawing. */
export function scatterMark(series: number, x: number, y: number): string {
  const { colour, shape } = seriesMark(series);
  const kind = seriesShapes[shape];
  const className = `class="dot s${colour}"`;
  if (kind === 'circle') return `<circle ${className} cx="${fix(x)}" cy="${fix(y)}" r="3.4"/>`;
  if (kind === 'square') return `<rect ${className} x="${fix(x - 3)}" y="${fix(y - 3)}" width="6" height="6"/>`;
  const up = kind === 'triangle' ? [0, -4, 3.8, 3, -3.8, 3] : [0, -4.4, 4.4, 0, 0, 4.4, -4.4, 0];
  const corners = up.map((value, index) => fix(value + (index % 2 === 0 ? x : y)));
  return `<polygon ${className} points="${corners.join(' ')}"/>`;
}

function widen(low: number, high: number, share: number): [number, number] {
  const span = high - low || Math.abs(high) * 0.1 || 1;
  return [low - span * share, high + span * share];
}

const fix = (value: number): string => value.toFixed(1);
