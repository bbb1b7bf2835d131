import type { CustomSeriesOption } from 'echarts/charts';
import { describe, expect, it } from 'vitest';
import { seriesClass, shapeOf, type ChartTheme } from '../../../src/renderer/charts/chart-theme';
import { scatterOption, type ScatterState } from '../../../src/renderer/charts/scatter-option';
import { symbolsPath, whiskersPath, type Whisker } from '../../../src/renderer/charts/scatter-paths';
import type { ScatterPoint } from '../../../src/renderer/matrix/scatter-points';

const theme: ChartTheme = {
  text: 't',
  textMuted: 'm',
  line: 'l',
  surface: 's',
  accent: 'a',
  font: 'f',
  series: ['c1', 'c2'],
};
const point = (model: string, recipe: string, x: number, y: number, onFront: boolean): ScatterPoint => ({
  trial: `${model}/${recipe}`,
  model,
  recipe,
  isBaseline: false,
  x,
  y,
  yInterval: [y - 2, y + 2],
  onFront,
  isCollapsed: false,
});
const whisker = (x: number, low: number, high: number): Whisker => ({
  low: [x, low],
  high: [x, high],
  left: [x, 0],
  right: [x, 0],
});
const points = [point('b', 'int8', 4, 80, true), point('b', 'fp16', 7, 79, false)];
const state = { axis: 'size' as const, log: true, selected: 'b/fp16', hovered: null, isZoomed: false };

interface Drawn {
  id: string;
  data: unknown[];
  renderItem: CustomSeriesOption['renderItem'];
}
function drawn(id: string, of = points, changes: Partial<ScatterState> = {}): Drawn {
  const option = scatterOption(of, ['a', 'b'], { ...state, ...changes }, theme);
  return (option.series as Drawn[]).find((series) => series.id === id)!;
}

/** The paths that a series draws where a unit of an axis is ten pixels and the plot begins at 0. */
function pathsOf({ data, renderItem }: Drawn): { path: string; style: Record<string, unknown> }[] {
  const coord = (place: number[]): number[] => place.map((value) => 10 * value);
  const coordSys = { x: 0, y: 0, width: 1000, height: 1000 };
  return data.map((_, dataIndex) => {
    const drawing = renderItem!({ dataIndex, coordSys } as never, { coord } as never) as unknown as {
      shape: { pathData: string };
      style: Record<string, unknown>;
    };
    return { path: drawing.shape.pathData, style: drawing.style };
  });
}

describe('shape and colour', () => {
  it('tell 32 networks apart', () => {
    const looks = Array.from({ length: 32 }, (_, index) => `${seriesClass(index)} ${shapeOf(index).symbol}`);
    expect(new Set(looks).size).toBe(32);
  });
});

describe('scatterOption', () => {
  it('gives a network the colour and shape of its place in the run, whatever else is hidden', () => {
    const [hollow] = pathsOf(drawn('b'));
    expect(hollow!.path).toBe(symbolsPath('triangle', [[10 * Math.log2(7), 790]], 9));
    expect(hollow!.style).toMatchObject({ stroke: 'c2' });
    expect(drawn('a').data).toEqual([]);
  });

  it('fills the points of the front and leaves others hollow, all of a kind in one path', () => {
    const many = [...points, point('b', 'x', 5, 70, false)];
    const [hollow, full] = pathsOf(drawn('b', many));
    expect(hollow!.style).toMatchObject({ fill: 's', stroke: 'c2' });
    expect(hollow!.path.match(/Z/g)).toHaveLength(2);
    expect(full!.style).toMatchObject({ fill: 'c2', stroke: 'c2' });
    expect(full!.path.match(/Z/g)).toHaveLength(1);
  });

  it('draws no point beside the plot', () => {
    const beyond = [...points, point('b', 'x', 2 ** 101, 50, false)];
    expect(pathsOf(drawn('b', beyond))[0]!.path.match(/Z/g)).toHaveLength(1);
  });

  it('rings the selected point, and gives it and the one that is pointed at their names', () => {
    const { data } = drawn('marks', points, { hovered: 'b/int8' });
    expect(data).toMatchObject([
      { symbol: 'triangle', itemStyle: { color: 'c2', borderColor: 'c2' }, label: { formatter: 'int8' } },
      { symbol: 'triangle', itemStyle: { color: 's', borderColor: 't' }, label: { formatter: 'fp16' } },
    ]);
    expect(drawn('marks', points, { selected: null }).data).toEqual([]);
  });

  it('cuts a name that would lie across the chart', () => {
    const long = [point('b', 'weights in three bits, a scale for each channel', 4, 80, true)];
    const cut = { label: { formatter: 'weights in three bits, a scale …' } };
    expect(drawn('b names', long).data).toMatchObject([cut]);
    expect(drawn('marks', long, { selected: long[0]!.trial }).data).toMatchObject([cut]);
  });

  it('draws every interval, those of the front and of the selected point stronger, and joins the front in order of cost', () => {
    const bars = pathsOf(drawn('b intervals', points, { selected: null }));
    expect(bars.map(({ path }) => path)).toEqual([
      whiskersPath([whisker(10 * Math.log2(7), 770, 810)]),
      whiskersPath([whisker(20, 780, 820)]),
    ]);
    expect(bars.map(({ style }) => style.opacity)).toEqual([0.35, 0.8]);
    expect(pathsOf(drawn('b intervals')).map(({ style }) => style.opacity)).toEqual([0.8]);
    // How far they reach, for an axis without ends of its own.
    expect(drawn('b intervals').data).toEqual([[2, Math.log2(7), 77, 82]]);
    expect(drawn('b front').data).toEqual([[2, 80]]);
  });

  interface Axis {
    min: number;
    max?: number;
    splitNumber?: number;
    name: string;
    axisLabel: { formatter: (value: number) => string; showMinLabel: boolean };
  }
  const axes = (changes: Partial<ScatterState> = {}): { xAxis: Axis; yAxis: Axis } =>
    scatterOption(points, ['a', 'b'], { ...state, ...changes }, theme) as unknown as { xAxis: Axis; yAxis: Axis };

  it('keeps whole intervals inside the axis, with ticks that end where it ends', () => {
    expect(axes().yAxis).toMatchObject({ min: 76, max: 82, splitNumber: 3 });
  });

  it('has an axis of logarithms that tells costs, and one of costs', () => {
    const { xAxis } = axes();
    expect(xAxis.name).toBe('Size, MB  ← lower is better');
    expect(xAxis.min).toBeCloseTo(Math.log2(4 / 1.25), 9);
    expect(xAxis.axisLabel.formatter(-2)).toBe('0.25');
    expect(axes({ log: false }).xAxis.axisLabel.formatter(0.25)).toBe('0.25');
    expect(axes({ log: false }).xAxis.min).toBe(0);
    expect(axes({ log: false, isZoomed: true }).xAxis.axisLabel.showMinLabel).toBe(false);
  });

  it('names the points of the fronts as long as names have room', () => {
    expect(drawn('b names').data).toHaveLength(1);
    const many = Array.from({ length: 25 }, (_, at) => point('b', `r${at}`, at + 1, at, true));
    expect(drawn('b names', many, { selected: null }).data).toEqual([]);
  });

  it('a deviation that reaches zero stays on an axis of logarithms', () => {
    const wide = { ...point('a', 'x', 1, 50, true), xInterval: [-0.5, 2.5] as [number, number] };
    const series = drawn('a intervals', [wide]);
    expect((series.data[0] as number[]).every(Number.isFinite)).toBe(true);
    expect(pathsOf(series)[0]!.path).not.toMatch(/NaN|Infinity/);
  });
});
