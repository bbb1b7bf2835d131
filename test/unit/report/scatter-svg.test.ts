import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linearTicks, logTicks, scatterSvg } from '../../../src/main/engine/report/scatter-svg';

describe('logTicks', () => {
  it.each([
    [1, 100, [1, 2, 5, 10, 20, 50, 100]],
    [0.9, 6, [1, 2, 5]],
    [0.04, 0.6, [0.05, 0.1, 0.2, 0.5]],
    [3.1, 4.3, [3.2, 3.4, 3.6, 3.8, 4, 4.2]],
  ])('from %d to %d', (from, to, ticks) => expect(logTicks(from, to)).toEqual(ticks));

  it('are at least two, inside, ascending', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -6, max: 6, noNaN: true }),
        fc.double({ min: 0.001, max: 5, noNaN: true }),
        (from, span) => {
          const [low, high] = [10 ** from, 10 ** (from + span)];
          const ticks = logTicks(low, high);
          expect(ticks.length).toBeGreaterThanOrEqual(2);
          ticks.forEach((tick, index) => {
            expect(tick).toBeGreaterThanOrEqual(low * (1 - 1e-5));
            expect(tick).toBeLessThanOrEqual(high * (1 + 1e-5));
            if (index > 0) expect(tick).toBeGreaterThan(ticks[index - 1]!);
          });
        },
      ),
    );
  });
});

describe('linearTicks', () => {
  it.each([
    [0, 100, [0, 20, 40, 60, 80, 100]],
    [66, 84, [70, 75, 80]],
    [-0.3, 0.3, [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]],
  ])('from %d to %d', (from, to, ticks) => expect(linearTicks(from, to)).toEqual(ticks));

  it('are three to nine round numbers at equal distances', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -1e4, max: 1e4, noNaN: true }),
        fc.double({ min: 0.5, max: 1e4, noNaN: true }),
        (from, span) => {
          const ticks = linearTicks(from, from + span);
          expect(ticks.length).toBeGreaterThanOrEqual(3);
          expect(ticks.length).toBeLessThanOrEqual(9);
          const step = ticks[1]! - ticks[0]!;
          expect(['1', '2', '5']).toContain(step.toExponential(0)[0]);
          for (const tick of ticks) expect(Math.abs(tick / step - Math.round(tick / step))).toBeLessThan(1e-3);
        },
      ),
    );
  });
});

describe('scatterSvg', () => {
  const axes = { title: 'A & B', xLabel: 'size', yLabel: 'top-1' };
  const point = { x: 3.4, y: 70, label: '<m>, "int8"', series: 0 };

  it('is nothing without a point that can be placed', () => {
    expect(scatterSvg([], axes)).toBe('');
    expect(
      scatterSvg(
        [
          { ...point, x: 0 },
          { ...point, y: NaN },
          { ...point, x: NaN },
        ],
        axes,
      ),
    ).toBe('');
  });

  it('places one point inside the frame, with ticks around it', () => {
    const svg = scatterSvg([point], axes);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    const [, x, y] = /<g><circle class="dot s0" cx="([\d.]+)" cy="([\d.]+)"/.exec(svg)!;
    expect(Number(x)).toBeGreaterThan(46);
    expect(Number(x)).toBeLessThan(448);
    expect(Number(y)).toBeGreaterThan(28);
    expect(Number(y)).toBeLessThan(260);
    expect(svg.match(/class="grid"/g)!.length).toBeGreaterThanOrEqual(4);
  });

  it('draws smaller sizes further left and higher accuracies further up', () => {
    const svg = scatterSvg(
      [
        { ...point, x: 1, y: 60 },
        { ...point, x: 10, y: 80, low: 78, high: 82, series: 2 },
      ],
      axes,
    );
    const circle = /<g><circle class="dot s0" cx="([\d.]+)" cy="([\d.]+)"/.exec(svg)!;
    const square = /<rect class="dot s2" x="([\d.]+)" y="([\d.]+)" width="6" height="6"\/><title>/.exec(svg)!;
    expect(Number(circle[1])).toBeLessThan(Number(square[1]));
    expect(Number(circle[2])).toBeGreaterThan(Number(square[2]));
    const bar = /class="bar s2" x1="([\d.]+)" x2="([\d.]+)" y1="([\d.]+)" y2="([\d.]+)"/.exec(svg)!;
    expect(bar[1]).toBe(bar[2]);
    expect(Number(bar[3])).toBeGreaterThan(Number(bar[4]));
  });

  it('escapes labels, names and titles', () => {
    const svg = scatterSvg([point], axes);
    expect(svg).toContain('<title>&lt;m&gt;, &quot;int8&quot;</title>');
    expect(svg).toContain('<figcaption>A &amp; B</figcaption>');
    expect(svg).not.toContain('<m>');
  });
});
