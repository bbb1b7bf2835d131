import { logTicks } from '@shared/presenter/axis-ticks';
import type { ScatterAxis, ScatterPoint } from '../matrix/scatter-points';
import type { ChartTheme } from './chart-theme';
import type { ChartOption } from './echarts';
import { marksSeries, networkSeries } from './scatter-series';

export interface ScatterState {
  axis: ScatterAxis;
  log: boolean;
  selected: string | null;
  hovered: string | null;
  isZoomed: boolean;
}

/**
 * Where a cost stands on the axis. A logarithmic axis is a plain one of logarithms: ECharts zooms and moves its own by values, not by
 * what is seen, so that the wheel would not keep the point under it in place.
 */
export const alongAxis = (cost: number, log: boolean): number =>
  log ? Math.log2(Math.max(cost, Number.MIN_VALUE)) : cost;

/** Around the plot, px: the labels of the axes, and on the right the names of points. */
export const gridMargins = { left: 44, right: 64, top: 22, bottom: 32 } as const;
/** More names than this lie over each other and over points; then a point tells its name when it is pointed at. */
const mostNames = 24;

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
    series: [
      ...models.flatMap((model, index) =>
        networkSeries(
          model,
          index,
          points.filter((point) => point.model === model),
          { place: (cost) => alongAxis(cost, state.log), selected: state.selected, hasNames },
          theme,
        ),
      ),
      marksOf(points, models, state, theme),
    ],
  };
}

/** The series of the marked points by itself: nothing else changes when another is pointed at. */
export const marksOf = (
  points: readonly ScatterPoint[],
  models: readonly string[],
  { log, selected, hovered }: ScatterState,
  theme: ChartTheme,
): ReturnType<typeof marksSeries> =>
  marksSeries(points, models, { place: (cost) => alongAxis(cost, log), selected, hovered }, theme);
