import { describe, expect, it } from 'vitest';
import { escapeHtml } from '../../../src/main/engine/report/escape-html';
import { jsonReport } from '../../../src/main/engine/report/json';
import { renderReport, type ReportChoices } from '../../../src/main/engine/report/render-report';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { pagesOfModels } from '../../../src/main/engine/report/html-matrix';
import { printColours } from '../../../src/main/engine/report/print-colours';
import { metricIds, type MetricId } from '@shared/presenter/metrics';
import { presentRun } from '@shared/presenter/reading';
import { reportViewSchema, shownRows, type ReportView } from '@shared/presenter/report-view';
import type { RunView } from '@shared/run';
import { latency, run, trial } from '../matrix/trials';
import { largeRun, largeTargets } from './large-run';

const htmlReport = (run: RunView, view?: ReportView, choices: ReportChoices = {}): string =>
  renderReport(run, 'html', { view, ...choices });

const hostile = `<script>alert("1")</script><img src=x onerror='y'>&amp;`;
const view = run([
  trial(
    { model: hostile, recipe: 'baseline' },
    {
      sizeBytes: 14e6,
      top1: 70,
      top1Interval: [67, 73],
      latency: [latency({ ratio: 1, ratioInterval: [0.99, 1.01] })],
    },
  ),
  trial(
    { model: hostile, recipe: hostile, notes: [hostile] },
    {
      sizeBytes: 4e6,
      top1: 69,
      top1Interval: [66, 72],
      top1Delta: -1,
      top1DeltaInterval: [-2, 0],
      latency: [latency()],
    },
  ),
  trial({
    model: hostile,
    recipe: 'broken',
    status: 'failed',
    error: { code: 'technique.failed', facts: { id: hostile, detail: hostile } },
  }),
]);

describe('a trial that was trained', () => {
  const record = {
    technique: 'finetune',
    batch: 16,
    steps: 20,
    heldOutImages: 16,
    losses: [
      { step: 10, loss: 2 },
      { step: 20, loss: 1 },
    ],
    heldOut: [
      { step: 0, loss: 3, agreement: 50, seconds: 0 },
      { step: 20, loss: 1, agreement: 75, seconds: 10 },
    ],
    keptStep: 20,
    seconds: 10,
    waitedShare: 0.01,
  };

  it('has its curve, with what it gained in words', () => {
    const page = htmlReport(run([trial({ recipe: 'tuned', training: [record] })]));
    expect(page.match(/<polyline class="(trained|held-out)"/g)).toHaveLength(2);
    expect(page).toContain('<figcaption>tuned: finetune</figcaption>');
    expect(page).toContain('with the class of the float network: 50.0 % → 75.0 %.');
    expect(htmlReport(run([trial({ recipe: 'tuned' })]))).not.toContain('class="held-out"');
  });
});

describe('htmlReport', () => {
  const page = htmlReport({ ...view, name: hostile });

  it('loads nothing, and runs only the script whose hash its policy names', () => {
    expect(page).not.toMatch(/<img|<link|<iframe|<object|\son\w+=(?!&)/i);
    expect(page.match(/<[^>]*\s(?:src|href)=/g)).toBeNull();
    const scripts = [...page.matchAll(/<script>([^]*?)<\/script>/g)].map(([, text]) => text!);
    expect(page.match(/<script/g)).toHaveLength(1);
    const hash = createHash('sha256').update(scripts[0]!).digest('base64');
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'"`);
    expect(scripts[0]).not.toMatch(/fetch|XMLHttp|import|eval|innerHTML/);
  });

  it('shows hostile names as text, wherever they come from', () => {
    const escaped = escapeHtml(hostile);
    // title, heading, column group, row, chart labels, legend, note, failure, manifest
    expect(page.split(escaped).length - 1).toBeGreaterThanOrEqual(9);
    expect(page).not.toContain(hostile);
  });

  it('says once what disturbed times, with a sign at each of them', () => {
    const disturbed = (recipe: string, p99OverP50: number) =>
      trial({ recipe }, { latency: [latency({ disturbance: { p99OverP50, roundSpread: 0.01, otherCpuShare: 0.4 } })] });
    const quiet = trial({ recipe: 'quiet' }, { latency: [latency()] });
    const html = htmlReport(run([quiet, disturbed('a', 4), disturbed('b', 5)]));
    const said = html.match(/<li>! [^<]*<small>[^<]*<\/small>/g);
    expect(said).toEqual([
      '<li>! 2 measurements on ort-cpu x1 were disturbed: other processes took up to 40 % of the processor; one image in a hundred took up to 5.0 times the median. Measure them again while nothing else runs.<small>a, b (mobilenetv2)</small>',
    ]);
    expect(html.match(/<small class="disturbed">!<\/small>/g)).toHaveLength(2);
    const alone = htmlReport(run([quiet, disturbed('a', 4)]));
    expect(alone).toContain('! 1 measurement on ort-cpu x1 was disturbed: other processes took 40 % of the processor');
    expect(htmlReport(run([quiet]))).not.toContain('disturbed:');
  });

  it('closes what it opens', () => {
    for (const tag of [
      'html',
      'head',
      'body',
      'table',
      'tr',
      'td',
      'th',
      'svg',
      'g',
      'text',
      'figure',
      'section',
      'ul',
      'li',
      'small',
      'b',
      'i',
    ]) {
      const opened = page.match(new RegExp(`<${tag}[ >]`, 'g'))?.length ?? 0;
      expect(page.match(new RegExp(`</${tag}>`, 'g'))?.length ?? 0, tag).toBe(opened);
    }
  });

  it('shows values with their uncertainty and verdict', () => {
    expect(page).toContain('<b>14.00</b>');
    expect(page).toContain(
      '<td class="start gain" data-column="0" data-value="4" title="clear gain; exact"><b>4.00</b><small class="under"><i>▲</i> <span>×0.29</span></small></td>',
    );
    expect(page).toContain('<i>▲</i> <span>×0.59</span> <span>[0.57, 0.61]</span>');
    expect(page).toContain('<i>≈</i> <span>−1.0</span> <span>[−2.0, 0.0]</span>');
  });

  it('shows the metrics of the view, a collapse and what was published, as text', () => {
    const source = { title: hostile, url: 'https://example.org/a?b=1&c=2' };
    const published = [{ top1Float: 71.9, top1: 71.6, top1Drop: 0.3, source, differs: hostile }];
    const text = htmlReport(
      run([
        trial({ recipe: 'baseline' }, { sizeBytes: 14e6 }),
        trial(
          { collapsed: 'it guesses; check its card', published },
          {
            sizeBytes: 4e6,
            bitsPerWeight: 9.13,
            latency: [latency({ ratio: 1, ratioInterval: [0.97, 1.02] })],
            top1: 1,
            top1Delta: -69,
            top1DeltaInterval: [-72, -66],
          },
        ),
      ]),
      reportViewSchema.parse({ metrics: ['size', 'bits-per-weight', 'latency', 'top1'] }),
    );
    expect(text).toContain('<b>9.13</b>');
    expect(text).toContain('<i>≈</i> <span>×1.00</span> <span>[0.97, 1.02]</span>');
    expect(text).not.toContain('size only');
    expect(text).toContain('<span>[−72.0, −66.0]</span></small><small class="under">collapsed</small>');
    expect(text).toContain('Collapsed: it guesses; check its card.');
    expect(text).toContain('<td class="number">−69.0 [−72.0, −66.0]</td><td class="number">−0.3, 71.9 to 71.6 %</td>');
    expect(text.replaceAll('<wbr>', '')).toContain('https://example.org/a?b=1&amp;c=2');
    expect(text).not.toContain(hostile);
    expect(text).not.toMatch(/\shref=/);
  });

  it('shows why a trial failed in place of its numbers', () => {
    expect(page).toMatch(/<td colspan="3" class="start failed">&lt;script&gt;.* failed: /);
  });

  it('is a page also when nothing has been measured yet', () => {
    const empty = htmlReport(run([trial({ recipe: 'baseline', status: 'waiting' })]));
    expect(empty).toContain('—');
    expect(empty).not.toContain('<svg');
    expect(empty).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('a run of ten models, twenty-one recipes and two targets', () => {
  const large = largeRun();
  const html = htmlReport(large);
  const tables = [...html.matchAll(/<section class="pages"><h2>(.*?)<\/h2>(.*?)<\/section>/g)];

  it('has a table for each target and page of models, each with all recipes and its own heads', () => {
    expect(tables.map(([, title]) => title!.replaceAll(/<[^>]*>/g, ' ').trim())).toEqual(
      largeTargets.flatMap((target) =>
        ['1 to 3', '4 to 5', '6 to 8', '9 to 10'].map((models) => `Matrix, ${target} models ${models} of 10`),
      ),
    );
    for (const [, , table] of tables) {
      expect(table!.match(/<thead>/g)).toHaveLength(1);
      expect(table!.match(/<tr/g)).toHaveLength(2 + 21);
      const widths = [...table!.matchAll(/<col style="width:(\d+)px">/g)].map(([, width]) => Number(width));
      expect(widths.reduce((sum, width) => sum + width, 0)).toBeLessThanOrEqual(1032);
    }
    for (const model of large.models) expect(html.split(`class="group start">${model}<`)).toHaveLength(1 + 2);
  });

  it('tells all models apart in one key', () => {
    const key = /<ul class="key models">(.*?)<\/ul>/.exec(html)![1]!;
    const marks = [...key.matchAll(/<svg[^>]*>(.*?)<\/svg>/g)].map(([, mark]) => mark);
    expect(new Set(marks).size).toBe(10);
  });

  it('says each note once', () => {
    const lists = [...html.matchAll(/<ul class="notes">(.*?)<\/ul>/g)].map(([, items]) => items);
    const list = lists.join('');
    const sentences = [...list.matchAll(/<li>(.*?)<(?:small|\/li)>/g)].map(([, sentence]) => sentence);
    expect(new Set(sentences).size).toBe(sentences.length);
    expect(sentences.length).toBeLessThan(16);
    expect(list).toContain('binarize.weights-14 (all models)');
  });

  it('shows what the window shows: metrics, models, filter, order, its target first', () => {
    const view = reportViewSchema.parse({
      metrics: ['size', 'top1'],
      models: ['resnet50'],
      filter: 'prune',
      sort: { model: 'resnet50', metric: 'size', descending: false },
      target: 'ort-web x1',
    });
    const shown = htmlReport(large, view);
    expect(shown).toContain('Shown: 1 of 10 models, recipes with “prune”, sorted by size of resnet50');
    const titles = [...shown.matchAll(/<section class="pages"><h2>(.*?)<\/h2>/g)].map(([, title]) => title);
    expect(titles).toEqual(['Matrix, ort-web x1', 'Matrix, ort-cpu x1']);
    expect(shown).toContain('aria-sort="ascending"');
    expect(shown).not.toContain('Latency, ms');
    const rows = shownRows(presentRun(large), view, 'ort-web x1').map(({ recipe }) => recipe);
    const printed = [...shown.matchAll(/<th class="recipe" scope="row">([^<]*)/g)].map(([, recipe]) => recipe);
    expect(printed).toEqual([...rows, ...rows]);
    expect(rows.length).toBeLessThan(21);
  });
});

it.each<[number, number, number[]]>([
  [10, 3, [3, 2, 3, 2]],
  [3, 3, [3]],
  [1, 3, [1]],
  [4, 15, [1, 1, 1, 1]],
])('%d models with %d metrics are pages of %j', (models, count, lengths) => {
  const names = Array.from({ length: models }, (_, index) => `n${index}`);
  const usual: MetricId[] = ['size', 'latency', 'top1'];
  const shown = count === 3 ? usual : metricIds.slice(0, count);
  const pages = pagesOfModels(names, shown);
  expect(pages.flat()).toEqual(names);
  expect(pages.map((page) => page.length)).toEqual(lengths);
});

it('colours are the window’s, in light', async () => {
  const css = await readFile('src/renderer/styles/tokens.css', 'utf8');
  const light = css.slice(0, css.indexOf('@media'));
  for (const [name, colour] of Object.entries(printColours)) expect(light).toContain(`--${name}: ${colour};`);
});

it.each([
  ['<b>', '&lt;b&gt;'],
  [`"a" & 'b'`, '&quot;a&quot; &amp; &#39;b&#39;'],
  ['&lt;', '&amp;lt;'],
  ['plain', 'plain'],
])('escapeHtml(%j)', (text, escaped) => expect(escapeHtml(text)).toBe(escaped));

describe('jsonReport', () => {
  it('is plain data that survives JSON', () => {
    const report = jsonReport(view) as {
      run: string;
      trials: { error?: { code: string; message: string }; metrics: unknown }[];
    };
    expect(JSON.parse(renderReport(view, 'json'))).toEqual(JSON.parse(JSON.stringify(report)));
    expect(report.run).toBe('run-1');
    expect(report.trials).toHaveLength(3);
    expect(report.trials[2]!.error).toMatchObject({ code: 'technique.failed' });
    expect(report.trials[2]!.error!.message).toContain('failed');
  });

  it('tells computed steps from cached ones', () => {
    const step = { kind: 'describe' as const, title: 'file', key: 'k', status: 'done' as const };
    const report = jsonReport(
      run([
        trial({
          steps: [
            { ...step, cached: true },
            { ...step, cached: false },
            { ...step, status: 'waiting', cached: false },
          ],
        }),
      ]),
    ) as { trials: object[] };
    expect(report.trials[0]).toMatchObject({ computedSteps: 1, cachedSteps: 1 });
  });
});
