import { describe, expect, it } from 'vitest';
import { seriesClass, shapeOf, type ChartTheme } from '../../../src/renderer/charts/chart-theme';
import { scatterOption } from '../../../src/renderer/charts/scatter-option';
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
const points = [point('b', 'int8', 4, 80, true), point('b', 'fp16', 7, 79, false)];
const state = { axis: 'size' as const, log: true, selected: 'b/fp16', isZoomed: false };

interface Drawn {
  id: string;
  symbol?: string;
  data: { value: number[]; trial: string; itemStyle: { color: string; borderColor: string } }[];
}
function drawn(id: string): Drawn {
  const option = scatterOption(points, ['a', 'b'], state, theme);
  return (option.series as Drawn[]).find((series) => series.id === id)!;
}

describe('shape and colour', () => {
  it('tell 32 networks apart', () => {
    const looks = Array.from({ length: 32 }, (_, index) => `${seriesClass(index)} ${shapeOf(index).symbol}`);
    expect(new Set(looks).size).toBe(32);
  });
});

describe('scatterOption', () => {
  it('gives a network the colour and shape of its place in the run, whatever else is hidden', () => {
    expect(drawn('b').symbol).toBe('triangle');
    expect(drawn('b').data[0]!.itemStyle.color).toBe('c2');
    expect(drawn('a').data).toEqual([]);
  });

  it('fills the points of the front, leaves others hollow, and rings the selected one', () => {
    expect(drawn('b').data.map((each) => each.itemStyle)).toMatchObject([
      { color: 'c2', borderColor: 'c2' },
      { color: 's', borderColor: 't' },
    ]);
  });

  it('draws every interval and joins the front in order of cost', () => {
    expect(drawn('b intervals').data).toEqual([
      [2, 80, 2, 2, 78, 82],
      [Math.log2(7), 79, Math.log2(7), Math.log2(7), 77, 81],
    ]);
    expect(drawn('b front').data).toEqual([[2, 80]]);
  });

  interface Axis {
    min: number;
    max?: number;
    splitNumber?: number;
    name: string;
    axisLabel: { formatter: (value: number) => string; showMinLabel: boolean };
  }
  const axes = (changes: Partial<typeof state> = {}): { xAxis: Axis; yAxis: Axis } =>
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
    const option = scatterOption(many, ['b'], { ...state, selected: '' }, theme);
    expect((option.series as Drawn[]).find((series) => series.id === 'b names')!.data).toEqual([]);
  });

  it('a deviation that reaches zero stays on an axis of logarithms', () => {
    const wide = { ...point('a', 'x', 1, 50, true), xInterval: [-0.5, 2.5] as [number, number] };
    const option = scatterOption([wide], ['a'], state, theme);
    const { data } = (option.series as unknown as { id: string; data: number[][] }[]).find(
      (series) => series.id === 'a intervals',
    )!;
    expect(data[0]!.every(Number.isFinite)).toBe(true);
  });
});
