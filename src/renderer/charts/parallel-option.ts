import { formatNumber } from '@shared/format';
import { tickDecimals } from '@shared/presenter/axis-ticks';
import type { ParallelLines } from '../matrix/parallel-lines';
import type { ChartTheme } from './chart-theme';
import type { ParallelOption } from './echarts';

/** More lines are drawn thinner, so that single ones can still be followed. */
const manyLines = 60;
const widestLabel = 120;
/** Between an axis and its labels, px. */
const labelGap = 8;

/** An axis of numbers, with figures of as many decimals each. One with a least span goes on to both sides, to quarters of it. */
function numbersAxis({ axes, lines }: ParallelLines, dim: number) {
  const values = lines.flatMap(({ values }) => values[dim] ?? []);
  let [from, to] = [Math.min(...values), Math.max(...values)];
  const span = axes[dim]!.leastSpan ?? 0;
  const missing = span - (to - from);
  if (missing > 0) {
    const unit = span / 4;
    [from, to] = [Math.floor((from - missing / 2) / unit) * unit, Math.ceil((to + missing / 2) / unit) * unit];
  }
  const isWhole = lines.every((line) => Number.isInteger(line.values[dim]));
  const decimals = isWhole ? 0 : tickDecimals(from, to);
  return {
    axis: {
      type: 'value' as const,
      scale: true,
      ...(missing > 0 && { min: from, max: to }),
      // Half a bit is no choice.
      ...(isWhole && { minInterval: 1 }),
    },
    formatter: (value: number | string): string => formatNumber(Number(value), decimals),
  };
}

const rim = ({ surface }: ChartTheme) => ({ textBorderColor: surface, textBorderWidth: 4 });

/** Trials as lines over upright axes: plain data in, plain data out. */
export function parallelOption(
  plot: ParallelLines,
  models: readonly string[],
  selected: string | null,
  theme: ChartTheme,
): ParallelOption {
  const { axes, lines } = plot;
  const width = lines.length > manyLines ? 1 : 1.5;
  const outerLabels = axes[0]?.categories ? widestLabel : 56;
  return {
    animation: false,
    textStyle: { fontFamily: theme.font },
    parallel: { left: outerLabels + 2 * labelGap, right: 72, top: 34, bottom: 14 },
    parallelAxis: axes.map(({ id, name, categories, better }, dim) => {
      const numbers = categories ? undefined : numbersAxis(plot, dim);
      return {
        id,
        dim,
        name: better === undefined ? name : `${name} ${better === 'lower' ? '↓' : '↑'}`,
        ...(numbers ? numbers.axis : { type: 'category' as const, data: categories }),
        nameGap: 12,
        nameTextStyle: { color: theme.textMuted, fontSize: 11, fontFamily: theme.font },
        axisLine: { lineStyle: { color: theme.line } },
        axisTick: { show: false },
        axisLabel: {
          color: theme.textMuted,
          fontSize: 11,
          hideOverlap: true,
          ...(numbers && { formatter: numbers.formatter }),
          ...(categories && { width: widestLabel, overflow: 'truncate' as const }),
          // No line runs left of the first axis. Elsewhere lines end before a figure; a name, whose ground would be as wide as the widest, has a rim.
          ...(dim === 0
            ? { margin: -labelGap, align: 'right' as const }
            : { margin: labelGap, ...(categories ? rim(theme) : { backgroundColor: theme.surface, padding: [1, 3] }) }),
        },
        areaSelectStyle: { color: theme.accent, borderColor: theme.accent, opacity: 0.2, width: 16 },
      };
    }),
    series: models.map((model, index) => ({
      id: model,
      type: 'parallel' as const,
      inactiveOpacity: 0.08,
      emphasis: { lineStyle: { width: 3, opacity: 1 } },
      data: lines
        .filter((line) => line.model === model)
        .map((line) => ({
          value: line.values.map((value) => value ?? '-'),
          trial: line.trial,
          lineStyle: {
            color: theme.series[index % theme.series.length]!,
            width: line.trial === selected ? 3.5 : width,
            opacity: line.trial === selected ? 1 : 0.55,
          },
        })),
    })),
  };
}
