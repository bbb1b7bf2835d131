import { describe, expect, it } from 'vitest';
import type { LayerFacts } from '@shared/layers';
import type { ModelCard } from '@shared/model-card';
import { metricIds } from '@shared/presenter/metrics';
import { presentRun } from '@shared/presenter/reading';
import { reportViewSchema } from '@shared/presenter/report-view';
import { paretoCharts } from '../../../src/main/engine/report/charts';
import { placeNames } from '../../../src/main/engine/report/place-names';
import { renderReport } from '../../../src/main/engine/report/render-report';
import { noSources, type ReportSources } from '../../../src/main/engine/report/report-sources';
import { latency, run, trial } from '../matrix/trials';
import { largeRun, largeTargets } from './large-run';
import { asRecords, parseCsv } from './parse-csv';

const large = largeRun();

describe('the matrix as CSV', () => {
  it('has a row a recipe and a column a network, metric and target, as the view shows them', () => {
    const view = reportViewSchema.parse({ metrics: ['size', 'top1'], models: ['resnet50'], filter: 'prune' });
    const [heads, ...rows] = parseCsv(renderReport(large, 'matrix-csv', { view }));
    expect(heads).toEqual([
      'recipe',
      'steps',
      ...largeTargets.flatMap((target) => [`resnet50, Size MB, ${target}`, `resnet50, Top-1 %, ${target}`]),
    ]);
    expect(rows.length).toBeGreaterThan(3);
    for (const row of rows) {
      expect(row).toHaveLength(heads!.length);
      const found = large.trials.find((one) => one.model === 'resnet50' && one.recipe === row[0])!;
      expect(Number(row[2])).toBeCloseTo(found.metrics.sizeBytes! / 1e6, 9);
      expect(Number(row[3])).toBeCloseTo(found.metrics.top1!, 9);
    }
  });
});

describe('the long CSV', () => {
  const rows = asRecords(renderReport(large, 'long-csv'));

  it('has a row for every figure that was measured, with interval, n and verdict', () => {
    const { read } = presentRun(large);
    const figures = large.trials.flatMap((one) =>
      largeTargets.flatMap((target) => metricIds.flatMap((metric) => read(metric, one, target) ?? [])),
    );
    expect(rows).toHaveLength(figures.length);
    const ratio = rows.find((row) => row.metric === 'ratio' && row.recipe !== 'baseline')!;
    const source = large.trials.find((one) => one.model === ratio.model && one.recipe === ratio.recipe)!;
    const measured = source.metrics.latency.find((one) => one.target === ratio.target)!;
    expect([ratio.value, ratio.low, ratio.high, ratio.n].map(Number)).toEqual(
      [measured.ratio, ...measured.ratioInterval, measured.n].map((value) => expect.closeTo(value, 9) as number),
    );
    const top1 = rows.find((row) => row.metric === 'top1' && row.recipe === ratio.recipe)!;
    expect(top1).toMatchObject({ unit: '%', better: 'higher', change_kind: 'points', n: '1000' });
    expect(Number(top1.change)).toBeCloseTo(source.metrics.top1Delta!, 9);
  });

  it('follows the rows of the view', () => {
    const view = reportViewSchema.parse({ models: ['pp-lcnet'], only: ['fp16-1'] });
    const shown = asRecords(renderReport(large, 'long-csv', { view }));
    expect(new Set(shown.map((row) => `${row.model} ${row.recipe}`))).toEqual(
      new Set(['pp-lcnet baseline', 'pp-lcnet fp16-1']),
    );
    expect(asRecords(renderReport(large, 'csv', { view })).map((row) => row.recipe)).toEqual(
      largeTargets.flatMap(() => ['baseline', 'fp16-1']).sort(),
    );
  });
});

describe('Markdown', () => {
  it('has every cell in its column, whatever the names', () => {
    const name = '| a * [b](c) <d>\n## e';
    const text = renderReport(
      run([
        trial({ model: name, recipe: 'baseline' }, { sizeBytes: 10e6, latency: [latency()] }),
        trial({ model: name, recipe: name, notes: [name] }, { sizeBytes: 5e6, latency: [latency()] }),
      ]),
      'md',
    );
    const tables = text.split('\n\n').filter((block) => block.startsWith('|'));
    expect(tables.length).toBeGreaterThanOrEqual(2);
    for (const table of tables) {
      const widths = table.split('\n').map((line) => line.split(/(?<!\\)\|/).length);
      expect(new Set(widths).size).toBe(1);
    }
    expect(text).not.toMatch(/^## e/m);
    expect(text).toContain('\\| a \\* [b\\](c) \\<d\\> ## e');
  });

  it('carries the sentences, figures and manifest of the report', () => {
    const text = renderReport(large, 'md');
    expect(text).toMatch(/^# a night of ten models\n/);
    expect(text.match(/^## Matrix, /gm)).toHaveLength(2);
    expect(text).toContain('| baseline | 5.00 |');
    expect(text).toContain('- **Seed**: 1');
    expect(text).not.toMatch(/undefined|NaN/);
  });
});

describe('a page a network', () => {
  const facts: LayerFacts = {
    op: 'Conv',
    inputChannels: 3,
    outputChannels: 32,
    macs: 1e6,
    sparsity: 0,
    bytes: 3456,
    milliseconds: 0.5,
    latencyShare: 0.1,
  };
  const card: ModelCard = {
    name: 'resnet50',
    task: 'image-classification',
    input: { name: 'x', layout: 'NCHW', channels: 'RGB', height: 224, width: 224 },
    output: { name: 'y', classes: 1000 },
    preprocess: {
      resize: 256,
      crop: 224,
      interpolation: 'bilinear',
      mean: [123.675, 116.28, 103.53],
      std: [58, 57, 57],
    },
  };
  const effect = { label: 'int8', amount: 8, sqnrDb: 30, noise: 0.001, divergence: 0.0123, agreement: 98.4 };
  const sources: ReportSources = {
    cards: new Map([['resnet50', card]]),
    layers: new Map([
      [
        'resnet50/fp16-1',
        {
          layers: [{ name: 'stem.conv', before: facts, after: { ...facts, bytes: 1728 }, error: 0.0042 }],
          rest: { before: { milliseconds: 1, share: 0.1 }, after: { milliseconds: 1, share: 0.1 } },
          images: 32,
        },
      ],
    ]),
    sensitivity: new Map([
      [
        'resnet50',
        {
          model: 'resnet50',
          method: { kind: 'int8', params: {} },
          images: 64,
          layers: [
            { layer: 'calm', op: 'Conv', weights: 864, effects: [{ ...effect, divergence: 0.001 }] },
            { layer: 'touchy', op: 'Conv', weights: 864, effects: [effect] },
          ],
        },
      ],
    ]),
  };
  const page = renderReport(large, 'html', { sources }).replaceAll('<wbr>', '');

  it('shows layers, sensitivity and preprocessing where they are known, and not where they are not', () => {
    expect(page).toContain('<h3>Layers, fp16-1</h3>');
    expect(page).toContain('<td class="number">3.46 kB → 1.73 kB</td>');
    expect(page).toContain('<td class="number">0.420</td>');
    expect(page.indexOf('touchy')).toBeLessThan(page.indexOf('calm'));
    expect(page).toContain('short side to 256, bilinear; centre crop 224 x 224 (height x width); RGB');
    const without = renderReport(large, 'html', { sources: noSources });
    expect(without).not.toContain('<h3>Layers');
    expect(without).not.toContain('<h3>Sensitivity');
    expect(without).not.toContain('Preprocessing,');
  });

  it('lists the front of each network from the cheapest on, each top-1 above the one before', () => {
    for (const chart of paretoCharts(presentRun(large), largeTargets, large.trials)) {
      for (const series of large.models.keys()) {
        const front = chart.points.filter((point) => point.isOnFront && point.series === series);
        expect(front.length).toBeGreaterThan(0);
        front.slice(1).forEach((point, index) => {
          expect(point.x).toBeGreaterThan(front[index]!.x);
          expect(point.y).toBeGreaterThan(front[index]!.y);
        });
      }
    }
  });

  it('does not draw what collapsed, and says so', () => {
    expect(page).toContain('<small>without 10 that collapsed</small>');
  });
});

it('names of points keep clear of each other and of the frame', () => {
  const points = Array.from({ length: 30 }, (_, index) => ({ text: `recipe ${index}`, x: 60 + 12 * index, y: 100 }));
  const frame = { left: 46, right: 448, top: 10, bottom: 176 };
  const placed = placeNames(points, points, frame);
  expect(placed.length).toBeGreaterThan(3);
  expect(placed.length).toBeLessThan(30);
});
