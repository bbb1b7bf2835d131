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
const state = { axis: 'size' as const, log: true, selected: 'b/fp16' };

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
      [4, 80, 4, 4, 78, 82],
      [7, 79, 7, 7, 77, 81],
    ]);
    expect(drawn('b front').data).toEqual([[4, 80]]);
  });

  it('keeps whole intervals inside the axis', () => {
    const { yAxis, xAxis } = scatterOption(points, ['a', 'b'], state, theme) as { yAxis: object; xAxis: object };
    expect(yAxis).toMatchObject({ min: 76, max: 82 });
    expect(xAxis).toMatchObject({ type: 'log', name: 'Size, MB  ← lower is better' });
  });
});
