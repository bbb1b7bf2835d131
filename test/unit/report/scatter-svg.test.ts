import { describe, expect, it } from 'vitest';
import type { ChartPoint } from '../../../src/main/engine/report/charts';
import { scatterSvg } from '../../../src/main/engine/report/scatter-svg';

describe('scatterSvg', () => {
  const point: ChartPoint = { x: 3.4, y: 70, recipe: '<m>', label: '<m>, "int8"', series: 0, isOnFront: false };
  const draw = (points: ChartPoint[], named = false): string =>
    scatterSvg({ title: 'A & B', xLabel: 'size', yLabel: 'top-1', points, collapsed: 0 }, named);

  it('is nothing without a point that can be placed', () => {
    expect(draw([])).toBe('');
    expect(
      draw([
        { ...point, x: 0 },
        { ...point, y: NaN },
        { ...point, x: NaN },
      ]),
    ).toBe('');
  });

  it('places one point inside the frame, with ticks around it', () => {
    const svg = draw([point]);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    const [, x, y] = /<g><circle class="dot s0" cx="([\d.]+)" cy="([\d.]+)"/.exec(svg)!;
    expect(Number(x)).toBeGreaterThan(46);
    expect(Number(x)).toBeLessThan(448);
    expect(Number(y)).toBeGreaterThan(28);
    expect(Number(y)).toBeLessThan(260);
    expect(svg.match(/class="grid"/g)!.length).toBeGreaterThanOrEqual(4);
  });

  it('draws smaller sizes further left and higher accuracies further up', () => {
    const svg = draw([
      { ...point, x: 1, y: 60 },
      { ...point, x: 10, y: 80, low: 78, high: 82, series: 2 },
    ]);
    const circle = /<g><circle class="dot s0" cx="([\d.]+)" cy="([\d.]+)"/.exec(svg)!;
    const square = /<rect class="dot s2" x="([\d.]+)" y="([\d.]+)" width="6" height="6"\/><title>/.exec(svg)!;
    expect(Number(circle[1])).toBeLessThan(Number(square[1]));
    expect(Number(circle[2])).toBeGreaterThan(Number(square[2]));
    const bar = /class="bar s2" x1="([\d.]+)" x2="([\d.]+)" y1="([\d.]+)" y2="([\d.]+)"/.exec(svg)!;
    expect(bar[1]).toBe(bar[2]);
    expect(Number(bar[3])).toBeGreaterThan(Number(bar[4]));
  });

  it('escapes labels, names and titles', () => {
    const svg = draw([point]);
    expect(svg).toContain('<title>&lt;m&gt;, &quot;int8&quot;</title>');
    expect(svg).toContain('aria-label="A &amp; B"');
    expect(svg).not.toContain('<m>');
  });

  it('joins the front of each network, and names its points where that is asked for', () => {
    const front = [
      { ...point, x: 1, y: 60, recipe: 'small', isOnFront: true },
      { ...point, x: 3, y: 55, recipe: 'beaten' },
      { ...point, x: 10, y: 80, recipe: 'large', isOnFront: true },
    ];
    const lines = [...draw(front).matchAll(/<polyline class="front s0" points="([^"]*)"/g)];
    expect(lines).toHaveLength(1);
    expect(lines[0]![1]!.split(' ')).toHaveLength(2);
    expect(draw(front)).not.toContain('class="name"');
    const names = [...draw(front, true).matchAll(/class="name"[^>]*>([^<]*)</g)].map(([, name]) => name);
    expect(names).toEqual(['small', 'large']);
  });
});
