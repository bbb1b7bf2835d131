import { describe, expect, it } from 'vitest';
import { matrixText } from '../../../src/cli/matrix-text';
import { textTable } from '../../../src/cli/text-table';
import { latency, run, trial } from '../matrix/trials';

const baselineLatency = latency({ p50Ms: 6.98, ratio: 1, ratioInterval: [0.99, 1.01] });
const view = run([
  trial(
    { recipe: 'baseline' },
    { sizeBytes: 13_968_704, top1: 79.7, top1Interval: [77.1, 82.1], latency: [baselineLatency] },
  ),
  trial(
    { recipe: 'int8' },
    {
      sizeBytes: 3_840_133,
      top1: 80.1,
      top1Interval: [77.5, 82.5],
      top1Delta: 0.4,
      top1DeltaInterval: [-0.6, 1.4],
      agreement: 96.2,
      latency: [latency()],
    },
  ),
  trial(
    { recipe: 'slow' },
    {
      sizeBytes: 20e6,
      top1Delta: -9,
      top1DeltaInterval: [-10, -8],
      top1: 70.7,
      latency: [latency({ ratio: 2, ratioInterval: [1.9, 2.1] })],
    },
  ),
  trial({ recipe: 'fp16', status: 'waiting' }),
  trial({
    recipe: 'broken',
    status: 'failed',
    error: { code: 'technique.failed', facts: { id: 'fp16', detail: 'no weights' } },
  }),
  trial({ model: 'resnet50', recipe: 'baseline' }, { sizeBytes: 102_473_202 }),
]);
const lines = matrixText(view).split('\n');
const line = (recipe: string): string => lines.find((text) => text.startsWith(`${recipe} `) || text === recipe)!;

describe('matrixText', () => {
  it('has one table a model, which fits in 120 columns', () => {
    expect(lines.filter((text) => /^─/.test(text))).toHaveLength(2);
    for (const text of lines) expect(text.length, text).toBeLessThanOrEqual(140);
    for (const text of lines.filter((each) => /─|×/.test(each))) expect(text.length, text).toBeLessThanOrEqual(120);
  });

  it('shows a baseline with its A/A control and without verdicts', () => {
    expect(line('baseline').split(/\s{2,}/)).toEqual([
      'baseline',
      '13.97',
      '6.98',
      '· ×1.00 [0.99, 1.01]',
      '79.7',
      '[77.1, 82.1]',
    ]);
  });

  it('shows differences with their interval and verdict', () => {
    expect(line('int8').split(/\s{2,}/)).toEqual([
      'int8',
      '3.84',
      '×0.27',
      '4.12',
      '▲ ×0.59 [0.57, 0.61]',
      '80.1',
      '≈ +0.4 [−0.6, +1.4]',
      '96.2',
    ]);
    expect(line('slow')).toContain('▼ ×2.00 [1.90, 2.10]');
    expect(line('slow')).toContain('▼ −9.0 [−10.0, −8.0]');
  });

  it('shows the status where nothing was measured, and why a trial failed', () => {
    expect(line('fp16').split(/\s{2,}/)).toEqual(['fp16', 'waiting']);
    expect(line('broken').split(/\s{2,}/)).toEqual(['broken', 'failed']);
    expect(lines).toContain('mobilenetv2/broken: fp16 failed: no weights.');
  });

  it('says what the numbers rest on', () => {
    expect(lines).toContain('images: 1,000 evaluation images, 256 for calibration. CPU.');
    expect(
      matrixText({ ...view, manifest: { ...view.manifest, dataset: { ...view.manifest.dataset, skipped: 3 } } }),
    ).toContain('1,000 evaluation images, 3 skipped,');
  });

  it('shows bits per weight, and time in words of time alone', () => {
    const small = trial(
      { recipe: 'small' },
      { sizeBytes: 3.8e6, bitsPerWeight: 8.7654, latency: [latency({ ratioInterval: [0.97, 1.02], ratio: 1 })] },
    );
    const large = trial(
      { recipe: 'large' },
      { sizeBytes: 14e6, latency: [latency({ ratioInterval: [0.97, 1.02], ratio: 1 })] },
    );
    const text = matrixText(run([view.trials[0]!, small, large]));
    expect(text).toMatch(/^small +3\.80 +×0\.27 +8\.77 +6\.98 +≈ ×1\.00 \[0\.97, 1\.02\]/m);
    expect(text).toMatch(/^large .*≈ ×1\.00/m);
    expect(text).not.toMatch(/size only|◇/);
  });

  it('says which trials collapsed and why, and what was published', () => {
    const published = [
      { top1Drop: 0.34, source: { title: 'A paper', url: 'https://example.org/a' }, differs: 'trained' },
    ];
    const text = matrixText(
      run([
        trial({ recipe: 'int8', collapsed: 'it guesses; use one scale per channel', published }, { top1Delta: -69 }),
      ]),
    );
    expect(text).toContain('mobilenetv2/int8 collapsed: it guesses; use one scale per channel.\n');
    expect(text).toContain('mobilenetv2/int8: top-1 −69.0 here, −0.3 published (A paper; trained).\n');
    expect(matrixText(view)).not.toMatch(/collapsed|published/);
  });

  it('says which trainings were stopped by hand', () => {
    const record = {
      ...{ technique: 'finetune', batch: 8, steps: 84, heldOutImages: 8, losses: [], heldOut: [] },
      ...{ keptStep: 84, seconds: 1, waitedShare: 0, stopped: { of: 224, stepsOfEpoch: 56 } },
    };
    const text = matrixText(run([trial({ recipe: 'tuned', training: [record] }, { sizeBytes: 1 })]));
    expect(text.replaceAll('\n', ' ')).toContain(
      'mobilenetv2/tuned: Training was stopped by hand after 1.5 of 4 epochs (step 84 of 224): this is not what the whole recipe gives.',
    );
  });

  it('has a column for packages that no target runs, where some were written', () => {
    const coreml = (sizeBytes: number) => [{ format: 'coreml', sizeBytes, sizeCompressedBytes: sizeBytes }];
    const text = matrixText(
      run([
        trial({ recipe: 'baseline' }, { sizeBytes: 13_968_704, files: coreml(7_271_562) }),
        trial({ recipe: 'int8' }, { sizeBytes: 3_840_133, files: coreml(3_635_781) }),
        trial({ recipe: 'exits' }, { sizeBytes: 4e6 }),
      ]),
    );
    expect(text).toMatch(/size MB +of base +bits\/w +Core ML MB +of base/);
    expect(text).toMatch(/^baseline +13\.97 +7\.27/m);
    expect(text).toMatch(/^int8 +3\.84 +×0\.27 +3\.64 +×0\.50/m);
    expect(text).toMatch(/^exits +4\.00 +×0\.29 +— /m);
    expect(text).toContain('Core ML MB: all files of the package, which nothing here runs.');
    expect(matrixText(view)).not.toContain('Core ML');
  });

  it('never shows a value that is not there', () => expect(matrixText(view)).not.toMatch(/undefined|NaN|null/));
});

it('textTable pads columns, aligns numbers and trims lines', () => {
  expect(
    textTable(
      [{ title: 'name' }, { title: 'n', align: 'right' }, { title: '' }],
      [['a', '10'], ['long name', '5', 'x'], ['b']],
    ),
  ).toBe('name        n\n─────────  ──  ─\na          10\nlong name   5  x\nb\n');
});
