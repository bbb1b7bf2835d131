import { describe, expect, it } from 'vitest';
import { presentRun } from '@shared/presenter/reading';
import { parallelLines, recipeFamilies, trialsWithin } from '../../../src/renderer/matrix/parallel-lines';
import { parallelOption } from '../../../src/renderer/charts/parallel-option';
import { latency, run, target, trial } from './trials';

const texts = {
  baseline: '',
  b4: 'quantize.weights{bits:4}',
  b3: 'quantize.weights{bits:3,rounding:nearest}',
  b2: 'quantize.weights{bits:2}',
  p7: 'prune.channels{macs:0.7} | quantize.static',
  p8: 'prune.channels{macs:0.8} | quantize.static{calibration:mse}',
  half: 'fp16',
};
const presentation = presentRun(
  run(
    Object.entries(texts).map(([recipe, recipeText], index) =>
      trial(
        { recipe, recipeText, isBaseline: recipe === 'baseline' },
        recipe === 'half'
          ? {}
          : { sizeBytes: (index + 1) * 1e6, top1: 70 + index, n: 100, latency: [latency({ ratio: 1 + index / 10 })] },
      ),
    ),
  ),
);
const models = ['mobilenetv2'];
const lines = (family: string | null) => parallelLines(presentation, { family, models, target });

describe('families of recipes', () => {
  it('are those of the same techniques, the largest first; one recipe is none', () => {
    expect(recipeFamilies(presentation.run.trials)).toEqual([
      { steps: 'quantize.weights', recipes: 3 },
      { steps: 'prune.channels | quantize.static', recipes: 2 },
    ]);
  });
});

describe('lines over parameters', () => {
  it('have an axis for each parameter that varies, numbers as numbers, and for what was measured', () => {
    const { axes, lines: found } = lines('quantize.weights');
    expect(axes.map(({ id, name, categories, better }) => [id, name, categories ?? better])).toEqual([
      ['0 bits', 'bits', undefined],
      ['0 rounding', 'rounding', ['default', 'nearest']],
      ['size', 'Size, MB', 'lower'],
      ['ratio', 'Time ratio, ×', 'lower'],
      ['top1', 'Top-1, %', 'higher'],
    ]);
    expect(found.map(({ recipe, values }) => [recipe, values])).toEqual([
      ['b4', [4, 0, 2, 1.1, 71]],
      ['b3', [3, 1, 3, 1.2, 72]],
      ['b2', [2, 0, 4, 1.3, 73]],
    ]);
  });
  it('name the technique where there are several steps', () => {
    const { axes } = lines('prune.channels | quantize.static');
    expect(axes.slice(0, 2).map(({ name }) => name)).toEqual(['prune.channels macs', 'quantize.static calibration']);
  });
  it('of all recipes stand over their steps, with a gap where nothing is measured yet', () => {
    const { axes, lines: found } = lines(null);
    expect(axes[0]!.categories).toEqual(['as it came', 'fp16', 'prune.channels | quantize.static', 'quantize.weights']);
    expect(found.find(({ recipe }) => recipe === 'half')!.values).toEqual([1, null, null, null]);
    expect(found).toHaveLength(7);
  });
});

describe('marked ranges', () => {
  const shown = lines('quantize.weights');
  const within = (ranges: [string, [number, number][]][]) => {
    const found = trialsWithin(shown, new Map(ranges));
    return found && [...found].map((id) => id.replace('mobilenetv2/', ''));
  };
  it('hold the trials that lie in one range of every axis that has any', () => {
    expect(within([])).toBeNull();
    expect(within([['0 bits', []]])).toBeNull();
    expect(within([['0 bits', [[3, 4]]]])).toEqual(['b4', 'b3']);
    expect(
      within([
        [
          '0 bits',
          [
            [3.5, 4],
            [1, 2],
          ],
        ],
      ]),
    ).toEqual(['b4', 'b2']);
    expect(
      within([
        ['0 bits', [[2, 4]]],
        ['0 rounding', [[1, 1]]],
      ]),
    ).toEqual(['b3']);
    expect(within([['0 bits', [[7, 8]]]])).toEqual([]);
  });
  it('hold nothing that has no value there', () => {
    expect([...trialsWithin(lines(null), new Map([['size', [[0, 1e9]]]]))!]).not.toContain('mobilenetv2/half');
  });
});

describe('the drawing', () => {
  it('has a dimension an axis, a series a network, and carries the trials', () => {
    const theme = { text: '', textMuted: '', line: '', surface: '', accent: '', font: '', series: ['red', 'blue'] };
    const option = parallelOption(lines('quantize.weights'), ['other', 'mobilenetv2'], 'mobilenetv2/b3', theme);
    const axes = option.parallelAxis as { dim: number; name: string; type: string }[];
    expect(axes.map(({ dim, type }) => [dim, type])).toEqual([
      [0, 'value'],
      [1, 'category'],
      [2, 'value'],
      [3, 'value'],
      [4, 'value'],
    ]);
    expect(axes.at(-1)!.name).toBe('Top-1, % ↑');
    const series = option.series as {
      id: string;
      data: { value: unknown[]; trial: string; lineStyle: { width: number; color: string } }[];
    }[];
    expect(series.map(({ id, data }) => [id, data.length])).toEqual([
      ['other', 0],
      ['mobilenetv2', 3],
    ]);
    expect(series[1]!.data[1]).toMatchObject({ trial: 'mobilenetv2/b3', lineStyle: { color: 'blue', width: 3.5 } });
  });

  it('keeps labels clear of the lines: left of the first axis, on ground of their own beside the others', () => {
    const theme = { text: '', textMuted: '', line: '', surface: 'snow', accent: '', font: '', series: ['red'] };
    const labelsOf = (family: string | null) => {
      const { parallel, parallelAxis } = parallelOption(lines(family), models, null, theme);
      const labels = (parallelAxis as { axisLabel: object }[]).map(({ axisLabel }) => axisLabel);
      return { left: (parallel as { left: number }).left, labels };
    };
    const { left, labels } = labelsOf(null);
    const { width, margin } = labels[0] as { width: number; margin: number };
    expect(left).toBeGreaterThanOrEqual(width - margin);
    expect(labels[0]).toMatchObject({ align: 'right', margin: expect.any(Number) as number });
    expect(margin).toBeLessThan(0);
    // A ground as wide as the widest name would hide the lines.
    for (const label of labels.slice(1)) {
      expect(label).toMatchObject({ backgroundColor: 'snow' });
      expect(label).not.toHaveProperty('width');
    }
    expect(labelsOf('quantize.weights').labels[1]).toMatchObject({ width, textBorderColor: 'snow' });
    // Numbers take less room than names.
    expect(labelsOf('quantize.weights').left).toBeLessThan(left);
  });
});
