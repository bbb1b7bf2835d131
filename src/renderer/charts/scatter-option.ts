import { logTicks } from '@shared/presenter/axis-ticks';
import type { CustomSeriesOption } from 'echarts/charts';
import type { ScatterAxis, ScatterPoint } from '../matrix/scatter-points';
import { shapeOf, type ChartTheme } from './chart-theme';
import type { ChartOption } from './echarts';

export interface ScatterState {
  axis: ScatterAxis;
  log: boolean;
  selected: string | null;
  isZoomed: boolean;
}

/**
 * Where a cost stands on the axis. A logarithmic axis is a plain one of logarithms: ECharts zooms and moves its own by values, not by
 * what is seen, so that the wheel would not keep the point under it in place.
 */
export const alongAxis = (cost: number, log: boolean): number =>
  log ? Math.log2(Math.max(cost, Number.MIN_VALUE)) : cost;

/** What a point of the chart carries so that a click finds its trial. */
export interface PointDatum {
  value: [number, number];
  trial: string;
}

type Series = Extract<NonNullable<ChartOption['series']>, readonly unknown[]>;
const capPx = 3;
const pointSize = 9;
const markedSize = 13;
/** Around the plot, px: the labels of the axes, and on the right the names of points. */
export const gridMargins = { left: 44, right: 64, top: 22, bottom: 32 } as const;
/** More names than this lie over each other and over points; then a point tells its name when it is pointed at. */
const mostNames = 24;

/** Error bars: Wilson interval upright, deviation of the latency lying. Values: x, y, xLow, xHigh, yLow, yHigh. */
function whiskers(
  id: string,
  points: readonly ScatterPoint[],
  colour: string,
  place: (cost: number) => number,
  isFaint: (point: ScatterPoint) => boolean,
): CustomSeriesOption {
  return {
    id,
    type: 'custom',
    silent: true,
    clip: true,
    z: 2,
    data: points.map(({ x, y, xInterval = [x, x], yInterval = [y, y] }) => [
      place(x),
      y,
      ...xInterval.map(place),
      ...yInterval,
    ]),
    encode: { x: [0, 2, 3], y: [1, 4, 5] },
    renderItem(params, api) {
      const at = (x: number, y: number): [number, number] =>
        api.coord([api.value(x), api.value(y)]) as [number, number];
      const [low, high, left, right] = [at(0, 4), at(0, 5), at(2, 1), at(3, 1)];
      const style = { stroke: colour, lineWidth: 1, opacity: isFaint(points[params.dataIndex]!) ? 0.35 : 0.8 };
      const line = (x1: number, y1: number, x2: number, y2: number) => ({
        type: 'line' as const,
        shape: { x1, y1, x2, y2 },
        style,
      });
      const children = [
        line(low[0], low[1], high[0], high[1]),
        line(low[0] - capPx, low[1], low[0] + capPx, low[1]),
        line(high[0] - capPx, high[1], high[0] + capPx, high[1]),
      ];
      if (right[0] - left[0] > 1) children.push(line(left[0], left[1], right[0], right[1]));
      return { type: 'group', children };
    },
  };
}

function seriesOf(
  model: string,
  index: number,
  points: readonly ScatterPoint[],
  state: ScatterState & { hasNames: boolean },
  theme: ChartTheme,
): Series {
  const colour = theme.series[index % theme.series.length]!;
  const place = (cost: number): number => alongAxis(cost, state.log);
  const isMarked = (point: ScatterPoint): boolean => point.trial === state.selected;
  const labelLook = {
    // Up and to the right: clear of the upright bar and of the lying one.
    position: 'right' as const,
    distance: 6,
    offset: [0, -9],
    fontSize: 11,
    textBorderColor: theme.surface,
    textBorderWidth: 2,
  };
  const front = points.filter((point) => point.onFront).toSorted((a, b) => a.x - b.x);
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
    whiskers(`${model} intervals`, points, colour, place, (point) => !point.onFront && !isMarked(point)),
    {
      id: model,
      type: 'scatter',
      z: 3,
      symbol: shapeOf(index).symbol,
      cursor: 'pointer',
      emphasis: { label: { show: true } },
      data: points.map((point) => ({
        value: [place(point.x), point.y] as [number, number],
        trial: point.trial,
        symbolSize: isMarked(point) ? markedSize : pointSize,
        emphasis: { scale: isMarked(point) ? 1 : markedSize / pointSize },
        itemStyle: {
          color: point.onFront ? colour : theme.surface,
          borderColor: point.trial === state.selected ? theme.text : colour,
          borderWidth: point.trial === state.selected ? 2.5 : 1.5,
        },
        label: {
          ...labelLook,
          show: isMarked(point),
          formatter: point.recipe,
          color: theme.text,
          fontWeight: point.trial === state.selected ? 600 : 400,
        },
      })),
    },
    // Under the points of all networks: a name must not hide a measurement.
    {
      id: `${model} names`,
      type: 'scatter',
      silent: true,
      z: 1,
      symbolSize: pointSize,
      itemStyle: { color: 'transparent' },
      data: front
        .filter((point) => state.hasNames && !isMarked(point))
        .map((point) => ({
          value: [place(point.x), point.y],
          label: { ...labelLook, show: true, formatter: point.recipe, color: theme.textMuted },
        })),
      labelLayout: { hideOverlap: true },
    },
  ] as Series;
}

/** Lowest and highest top-1 with their intervals, on whole steps of percentage points. */
function yRange(points: readonly ScatterPoint[]): { min: number; max: number; splitNumber: number } {
  const lows = points.map((point) => point.yInterval?.[0] ?? point.y);
  const highs = points.map((point) => point.yInterval?.[1] ?? point.y);
  const [low, high] = [Math.min(...lows), Math.max(...highs)];
  const step = [10, 5, 2].find((points) => high - low > 2 * points) ?? 1;
  const min = Math.max(0, Math.floor(low / step) * step);
  const max = Math.min(100, Math.max(min + step, Math.ceil(high / step) * step));
  // Ticks on those steps, so that the ends of the axis are ticks too.
  return { min, max, splitNumber: Math.min(5, (max - min) / step) };
}

/** Cost against top-1 as an ECharts option: plain data in, plain data out. */
export function scatterOption(
  points: readonly ScatterPoint[],
  models: readonly string[],
  state: ScatterState,
  theme: ChartTheme,
): ChartOption {
  const axisLook = {
    axisLine: { show: true, onZero: false, lineStyle: { color: theme.line } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: theme.line, opacity: 0.6 } },
    nameTextStyle: { color: theme.textMuted, fontSize: 11 },
  };
  const label = { color: theme.textMuted, fontSize: 11, hideOverlap: true };
  const format = (value: number): string =>
    (state.log ? 2 ** value : value).toLocaleString('en-US', { maximumSignificantDigits: 3 });
  const costs = points.map((point) => point.x);
  const hasNames = points.filter((point) => point.onFront).length <= mostNames;
  const [least, most] = [Math.min(...costs) / 1.25, Math.max(...costs) * (hasNames ? 1.6 : 1.25)];
  const range = state.log ? { min: Math.log2(least), max: Math.log2(most) } : { min: 0 };
  // Round numbers; zoomed, the chart finds some in the part that shows.
  const ticks = state.log && !state.isZoomed ? { customValues: logTicks(least, most).map(Math.log2) } : {};
  return {
    animation: false,
    textStyle: { fontFamily: theme.font },
    // Without start and end: what the person zoomed to stays when points come in.
    dataZoom: (['x', 'y'] as const).map((axis) => ({
      id: axis,
      type: 'inside' as const,
      [`${axis}AxisIndex`]: 0,
      filterMode: 'none' as const,
    })),
    grid: { ...gridMargins, outerBoundsMode: 'none' },
    xAxis: {
      type: 'value',
      ...range,
      name: state.axis === 'size' ? 'Size, MB  ← lower is better' : 'Latency p50, ms  ← lower is better',
      nameLocation: 'middle',
      nameGap: 20,
      axisLabel: {
        ...label,
        ...ticks,
        formatter: format,
        showMinLabel: !state.isZoomed,
        showMaxLabel: !state.isZoomed,
      },
      ...axisLook,
      axisTick: { ...axisLook.axisTick, ...ticks },
    },
    yAxis: {
      type: 'value',
      ...yRange(points),
      name: 'Top-1, %  ↑ higher is better',
      nameGap: 8,
      nameTextStyle: { ...axisLook.nameTextStyle, align: 'left', padding: [0, 0, 0, -38] },
      // Zoomed, the ends of the axis lie anywhere.
      axisLabel: { ...label, showMinLabel: !state.isZoomed, showMaxLabel: !state.isZoomed },
      axisLine: axisLook.axisLine,
      axisTick: axisLook.axisTick,
      splitLine: axisLook.splitLine,
    },
    series: models.flatMap((model, index) =>
      seriesOf(
        model,
        index,
        points.filter((point) => point.model === model),
        { ...state, hasNames },
        theme,
      ),
    ),
  };
}
