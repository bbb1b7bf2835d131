import { seriesMark, seriesShapes } from '@shared/presenter/series-mark';
import type { CustomSeriesOption } from 'echarts/charts';
import type { ScatterPoint } from '../matrix/scatter-points';
import { shapeOf, type ChartTheme } from './chart-theme';
import type { ChartOption } from './echarts';
import { symbolsPath, whiskersPath, type Place } from './scatter-paths';

type Series = Extract<NonNullable<ChartOption['series']>, readonly unknown[]>;

/** What the series of a network are drawn with. */
interface SeriesState {
  /** Where a cost stands on its axis. */
  place: (cost: number) => number;
  selected: string | null;
  /** Points of the fronts have their names beside them. */
  hasNames: boolean;
}

const pointSize = 9;
const markedSize = 13;

type RenderItem = NonNullable<CustomSeriesOption['renderItem']>;
type Api = Parameters<RenderItem>[1];
interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Points that are drawn as one path, in one style. */
interface Batch {
  points: readonly ScatterPoint[];
  style: Record<string, unknown>;
}

/** A series of paths: one row of data a batch, which only says how far it reaches along the axes. */
function pathSeries(
  id: string,
  batches: readonly Batch[],
  place: SeriesState['place'],
  more: Pick<CustomSeriesOption, 'z' | 'clip'>,
  pathOf: (points: readonly ScatterPoint[], api: Api, box: Box) => string,
): CustomSeriesOption {
  const drawn = batches.filter(({ points }) => points.length > 0);
  return {
    id,
    type: 'custom',
    silent: true,
    ...more,
    data: drawn.map(({ points }) => {
      const costs = points.flatMap(({ x, xInterval = [x, x] }) => xInterval.map(place));
      const tops = points.flatMap(({ y, yInterval = [y, y] }) => yInterval);
      return [Math.min(...costs), Math.max(...costs), Math.min(...tops), Math.max(...tops)];
    }),
    encode: { x: [0, 1], y: [2, 3] },
    renderItem({ dataIndex, coordSys }, api) {
      const { points, style } = drawn[dataIndex]!;
      const pathData = pathOf(points, api, coordSys as unknown as Box);
      return pathData === '' ? null : { type: 'path', shape: { pathData }, style };
    },
  };
}

const onDrawing = (api: Api, x: number, y: number): Place => api.coord([x, y]) as [number, number];

function isInside([x, y]: Place, box: Box): boolean {
  return x >= box.x - 1 && x <= box.x + box.width + 1 && y >= box.y - 1 && y <= box.y + box.height + 1;
}

/** The front, the intervals, the points and the names of one network. @param index its place in the run */
export function networkSeries(
  model: string,
  index: number,
  points: readonly ScatterPoint[],
  { place, selected, hasNames }: SeriesState,
  theme: ChartTheme,
): Series {
  const colour = colourOf(index, theme);
  const isMarked = (point: ScatterPoint): boolean => point.trial === selected;
  const isStrong = (point: ScatterPoint): boolean => point.onFront || isMarked(point);
  const front = points.filter((point) => point.onFront).toSorted((a, b) => a.x - b.x);
  const others = points.filter((point) => !point.onFront);
  const bar = { fill: 'none', stroke: colour, lineWidth: 1 };
  const outline = { stroke: colour, lineWidth: 1.5 };
  return [
    {
      id: `${model} front`,
      type: 'line',
      silent: true,
      z: 1,
      symbol: 'none',
      data: front.map((point) => [place(point.x), point.y]),
      lineStyle: { color: colour, width: 1, type: 'dashed', opacity: 0.7 },
    },
    pathSeries(
      `${model} intervals`,
      [
        { points: points.filter((point) => !isStrong(point)), style: { ...bar, opacity: 0.35 } },
        { points: points.filter(isStrong), style: { ...bar, opacity: 0.8 } },
      ],
      place,
      { z: 2, clip: true },
      (some, api) =>
        whiskersPath(
          some.map(({ x, y, xInterval = [x, x], yInterval = [y, y] }) => ({
            low: onDrawing(api, place(x), yInterval[0]),
            high: onDrawing(api, place(x), yInterval[1]),
            left: onDrawing(api, place(xInterval[0]), y),
            right: onDrawing(api, place(xInterval[1]), y),
          })),
        ),
    ),
    pathSeries(
      model,
      [
        { points: others, style: { ...outline, fill: theme.surface } },
        { points: front, style: { ...outline, fill: colour } },
      ],
      place,
      // A point at the end of an axis shows as a whole.
      { z: 3, clip: false },
      (some, api, box) => {
        const places = some.map(({ x, y }) => onDrawing(api, place(x), y)).filter((each) => isInside(each, box));
        return symbolsPath(seriesShapes[seriesMark(index).shape]!, places, pointSize);
      },
    ),
    // Under the points of all networks: a name must not hide a measurement.
    {
      id: `${model} names`,
      type: 'scatter',
      silent: true,
      z: 1,
      symbolSize: pointSize,
      itemStyle: { color: 'transparent' },
      data: front
        .filter((point) => hasNames && !isMarked(point))
        .map((point) => ({
          value: [place(point.x), point.y],
          label: { ...labelLook(theme), show: true, formatter: nameOf(point), color: theme.textMuted },
        })),
      labelLayout: { hideOverlap: true },
    },
  ] as Series;
}

/** The points that are selected and pointed at, above all others and with their names. */
export function marksSeries(
  points: readonly ScatterPoint[],
  models: readonly string[],
  { place, selected, hovered }: Pick<SeriesState, 'place' | 'selected'> & { hovered: string | null },
  theme: ChartTheme,
): Series[number] {
  const marked = points.filter(({ trial }) => trial === selected || trial === hovered);
  return {
    id: 'marks',
    type: 'scatter',
    silent: true,
    z: 4,
    data: marked.map((point) => {
      const index = models.indexOf(point.model);
      const colour = colourOf(index, theme);
      const isSelected = point.trial === selected;
      return {
        value: [place(point.x), point.y],
        symbol: shapeOf(index).symbol,
        symbolSize: markedSize,
        itemStyle: {
          color: point.onFront ? colour : theme.surface,
          borderColor: isSelected ? theme.text : colour,
          borderWidth: isSelected ? 2.5 : 1.5,
        },
        label: {
          ...labelLook(theme),
          show: true,
          formatter: nameOf(point),
          color: theme.text,
          fontWeight: isSelected ? 600 : 400,
        },
      };
    }),
  };
}

const colourOf = (index: number, { series }: ChartTheme): string => series[index % series.length]!;

/** Longer names would lie across the chart; the line above it tells the whole one. */
const longestName = 32;
const nameOf = ({ recipe }: ScatterPoint): string =>
  [...recipe].length > longestName ? `${[...recipe].slice(0, longestName - 1).join('')}…` : recipe;

const labelLook = ({ surface }: ChartTheme) => ({
  // Up and to the right: clear of the upright bar and of the lying one.
  position: 'right' as const,
  distance: 6,
  offset: [0, -9],
  fontSize: 11,
  textBorderColor: surface,
  textBorderWidth: 2,
});
