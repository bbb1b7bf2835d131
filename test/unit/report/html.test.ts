import { describe, expect, it } from 'vitest';
import { escapeHtml } from '../../../src/main/engine/report/escape-html';
import { htmlReport } from '../../../src/main/engine/report/html';
import { jsonReport } from '../../../src/main/engine/report/json';
import { renderReport } from '../../../src/main/engine/report/render-report';
import { latency, run, trial } from '../matrix/trials';

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

describe('htmlReport', () => {
  const page = htmlReport({ ...view, name: hostile });

  it('runs nothing and loads nothing', () => {
    expect(page).not.toMatch(/<script|<img|<link|<iframe|<object|\son\w+=(?!&)/i);
    expect(page.match(/<[^>]*\s(?:src|href)=/g)).toBeNull();
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
  });

  it('shows hostile names as text, wherever they come from', () => {
    const escaped = escapeHtml(hostile);
    // title, heading, column group, row, chart labels, legend, note, failure, manifest
    expect(page.split(escaped).length - 1).toBeGreaterThanOrEqual(9);
    expect(page).not.toContain(hostile);
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
    expect(page).toContain('<td class="gain"><b>4.00</b><small><i>▲</i> ×0.29</small></td>');
    expect(page).toContain('<i>▲</i> ×0.59 [0.57, 0.61]');
    expect(page).toContain('<i>≈</i> −1.0 [−2.0, 0.0]');
  });

  it('shows bits per weight, size only, a collapse and what was published, as text', () => {
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
    );
    expect(text).toContain('×0.29 · 9.1 bit');
    expect(text).toContain('<i>≈</i> ×1.00 [0.97, 1.02]</small><br><small>size only</small>');
    expect(text).toContain('[−72.0, −66.0]</small><br><small>collapsed</small>');
    expect(text).toContain('Collapsed: it guesses; check its card.');
    expect(text).toContain('<td>−69.0 [−72.0, −66.0]</td><td>−0.3, 71.9 to 71.6 %</td>');
    expect(text).toContain('https://example.org/a?b=1&amp;c=2');
    expect(text).not.toContain(hostile);
    expect(text).not.toMatch(/\shref=/);
  });

  it('shows why a trial failed in place of its numbers', () => {
    expect(page).toMatch(/<td colspan="3" class="failed">&lt;script&gt;.* failed: /);
  });

  it('is a page also when nothing has been measured yet', () => {
    const empty = htmlReport(run([trial({ recipe: 'baseline', status: 'waiting' })]));
    expect(empty).toContain('—');
    expect(empty).not.toContain('<svg');
    expect(empty).not.toMatch(/NaN|undefined|Infinity/);
  });
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
