import { describe, expect, it } from 'vitest';
import { className, type FlipReport } from '@shared/flips';
import { flipsCsv, flipSummary } from '@shared/flips-text';
import { flipsText } from '../../../src/cli/flips-text';

const report: FlipReport = {
  reference: 'baseline',
  runtime: 'ort-cpu',
  images: 1200,
  labelled: 1000,
  top1Before: 80.1,
  top1After: 80,
  flips: [
    {
      hash: 'ab',
      kind: 'lost',
      label: 1,
      before: { class: 1, score: 0.9, margin: 0.8, trueScore: 0.9 },
      after: { class: 0, score: 0.5, margin: 0.1 },
    },
    { hash: 'cd', kind: 'changed', label: -1, before: { class: 0 }, after: {} },
  ],
  classes: [{ label: 1, n: 4, rightBefore: 3, lost: 1, gained: 0, moved: 0, p: 1, adjustedP: 1 }],
  confusions: [{ label: 1, answer: 0, before: 1, after: 2 }],
  classNames: ['=cmd', 'tench, Tinca tinca'],
};

describe('flips in words', () => {
  it('say what happened in one sentence', () => {
    expect(flipSummary(report)).toBe(
      '80.1 % → 80.0 % on 1,000 labelled images: 1 lost, 0 gained, 0 from one wrong class to another.',
    );
    const { top1Before: _, ...unlabelled } = report;
    expect(flipSummary(unlabelled)).toBe('1 of 1,200 images without labels are answered differently.');
  });
  it('name classes where names are known', () => {
    expect(className(report, 1)).toBe('tench, Tinca tinca');
    expect(className(report, 7)).toBe('class 7');
    expect(className(report, -1)).toBe('unknown');
    expect(className({}, undefined)).toBe('no answer');
  });
  it('are a CSV with a row for each image, whose names do not run as formulas', () => {
    const [header, first, second, end] = flipsCsv(report, (hash) => (hash === 'ab' ? '/a, b.jpg' : undefined)).split(
      '\r\n',
    );
    expect(header!.split(',')).toHaveLength(13);
    expect(first).toBe(`ab,"/a, b.jpg",lost,1,"tench, Tinca tinca",1,"tench, Tinca tinca",0.9,0.9,0,'=cmd,0.5,`);
    expect(second).toBe(`cd,,changed,,,0,'=cmd,,,,,,`);
    expect(end).toBe('');
  });
  it('fit in a terminal, and say what is left out', () => {
    const text = flipsText('net/int8', report);
    expect(text).toContain('net/int8 against baseline, ort-cpu: 80.1 %');
    expect(text).toMatch(/^tench, Tinca tinca +4 +3 +1 +0 +−1 +0 +p 1\.00, q 1\.00$/m);
    expect(text).toContain('No class by itself is clear');
    const many = { ...report, classes: Array.from({ length: 25 }, (_, label) => ({ ...report.classes[0]!, label })) };
    expect(flipsText('net/int8', many)).toContain('and 5 more classes; --csv and --json have all.');
  });
});
