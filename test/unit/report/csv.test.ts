import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderReport } from '../../../src/main/engine/report/render-report';
import type { RunView } from '@shared/run';
import { latency, run, trial } from '../matrix/trials';
import { asRecords } from './parse-csv';

const csvReport = (view: RunView): string => renderReport(view, 'csv');

describe('csvReport', () => {
  it('has one row a trial and target', () => {
    const view = run([
      trial(
        { recipe: 'baseline' },
        { sizeBytes: 1000, latency: [latency(), latency({ target: 'ort-cpu x2', p50Ms: 2.5 })] },
      ),
      trial({ recipe: 'int8' }, { sizeBytes: 250, top1: 79.65, latency: [latency({ ratio: 0.5 })] }),
      trial({ recipe: 'fp16', status: 'waiting' }),
    ]);
    const rows = asRecords(csvReport(view));
    expect(rows.map((row) => [row.recipe, row.target, row.latency_p50_ms])).toEqual([
      ['baseline', 'ort-cpu x1', '4.12'],
      ['baseline', 'ort-cpu x2', '2.5'],
      ['int8', 'ort-cpu x1', '4.12'],
      ['fp16', '', ''],
    ]);
    expect(rows[2]).toMatchObject({
      size_bytes: '250',
      size_ratio: '0.25',
      top1_percent: '79.65',
      latency_ratio: '0.5',
    });
    expect(rows[3]).toMatchObject({ status: 'waiting', size_bytes: '', top1_percent: '', error: '' });
  });

  it('says how each runtime answers beside ONNX Runtime', () => {
    const besideOnnxRuntime = {
      reference: 'ort-cpu',
      n: 1000,
      agreement: 99.7,
      largestDifference: 0.123456,
      largestDifferenceSteps: 3,
    };
    const deployments = [
      { runtime: 'ort-cpu', name: 'ort-cpu', format: 'onnx', top1: 80 },
      { runtime: 'openvino', name: 'openvino', format: 'onnx', top1: 79, precision: 'f32', besideOnnxRuntime },
    ];
    const view = run([trial({}, { deployments, latency: [latency(), latency({ target: 'openvino x1' })] })]);
    view.sweep.targets.push({ runtime: 'openvino', threads: 1 });
    const [usual, openvino] = asRecords(csvReport(view));
    expect(usual).toMatchObject({ top1_percent: '80', precision: '', runtime_agreement_percent: '' });
    expect(openvino).toMatchObject({
      top1_percent: '79',
      precision: 'f32',
      runtime_agreement_percent: '99.7',
      runtime_largest_difference: '0.123',
      runtime_largest_difference_steps: '3',
    });
    expect(renderReport(view, 'md')).toContain('| int8 | openvino | f32 | 99.7 of 1,000 | 3 steps | ort-cpu |');
  });

  it('takes the baseline of the same model', () => {
    const view = run([
      trial({ model: 'a', recipe: 'baseline' }, { sizeBytes: 100 }),
      trial({ model: 'b', recipe: 'baseline' }, { sizeBytes: 400 }),
      trial({ model: 'b', recipe: 'int8' }, { sizeBytes: 100 }),
    ]);
    expect(asRecords(csvReport(view)).map((row) => row.size_ratio)).toEqual(['1', '1', '0.25']);
  });

  it('quotes what needs it', () => {
    const text = csvReport(run([trial({ recipe: 'a "b", c', notes: ['line one\nline two', 'end'] })]));
    expect(text).toContain(',"a ""b"", c",');
    expect(asRecords(text)[0]).toMatchObject({ recipe: 'a "b", c', notes: 'line one\nline two end' });
  });

  it('says why a trial failed', () => {
    const error = { code: 'worker.crashed', facts: { job: 'evaluate', detail: 'exit code 1' } } as const;
    expect(asRecords(csvReport(run([trial({ status: 'failed', error })])))[0]!.error).toMatch(
      /^The evaluate process ended/,
    );
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])('shows the name %j as text in a spreadsheet', (recipe) => {
    expect(asRecords(csvReport(run([trial({ recipe })])))[0]!.recipe).toBe(`'${recipe}`);
  });

  it('carries the bytes of a Core ML package, which nothing ran', () => {
    const files = [{ format: 'coreml', sizeBytes: 1_317_984, sizeCompressedBytes: 1_200_000 }];
    expect(asRecords(csvReport(run([trial({}, { files })])))[0]!.coreml_bytes_not_run).toBe('1317984');
  });

  it('leaves negative numbers alone', () => {
    expect(asRecords(csvReport(run([trial({}, { top1Delta: -1.25 })])))[0]!.top1_delta_points).toBe('-1.25');
  });

  it('carries bits, the collapse with its cause, and what was published', () => {
    const published = [
      {
        top1Float: 71.9,
        top1: 71.6,
        top1Drop: 0.3,
        source: { title: 't', url: 'https://example.org/a' },
        differs: 'QAT',
      },
    ];
    const collapsed = 'it lost 69.0 points; one weight scale a layer';
    const [row] = asRecords(
      csvReport(
        run([trial({ collapsed, published }, { bitsPerWeight: 8.7654, entropyBoundBytes: 3_050_000, top1Delta: -69 })]),
      ),
    );
    expect(row).toMatchObject({
      bits_per_weight: '8.765',
      entropy_bound_bytes: '3050000',
      collapsed,
      published_top1_drop_points: '0.3',
      published_source: 'https://example.org/a',
      published_differs: 'QAT',
    });
  });

  it('has the verdicts of all views, with adjusted p-values', () => {
    const held = latency({ ratioInterval: [0.97, 1.02], sessionRatios: [0.97, 1, 1.02] });
    const lost = {
      n: 100,
      top1: 50,
      top1Delta: -9,
      top1DeltaInterval: [-12, -6] as [number, number],
      mcnemarP: 0.0002,
    };
    const view = run([
      trial({ recipe: 'baseline' }, { sizeBytes: 1000, latency: [held] }),
      trial({ recipe: 'smaller' }, { sizeBytes: 250, latency: [held] }),
      trial({ recipe: 'slower' }, { sizeBytes: 250, ...lost, latency: [latency({ ratioInterval: [1.5, 1.7] })] }),
      trial({ recipe: 'faster' }, { sizeBytes: 1250, latency: [latency()] }),
      trial({ recipe: 'same' }, { sizeBytes: 1001, latency: [latency({ ratioInterval: [0.995, 1.005] })] }),
      trial({ recipe: 'waiting' }),
    ]);
    const rows = asRecords(csvReport(view));
    expect(
      rows.map((row) => [row.size_verdict, row.latency_verdict, row.top1_verdict, row.latency_q, row.top1_q]),
    ).toEqual([
      ['', '', '', '', ''],
      ['clear gain', 'no clear speed-up', '', '1', ''],
      ['clear gain', 'clear loss', 'clear loss', '', '0.0002'],
      ['clear loss', 'clear gain', '', '', ''],
      ['within 0.5 %', 'within 1 %', '', '', ''],
      ['', '', '', '', ''],
    ]);
  });

  it('has times as measured, times that agree with the ratio, and what disturbed them', () => {
    const disturbance = { p99OverP50: 4, roundSpread: 0.01 };
    const view = run([
      trial(
        { recipe: 'baseline' },
        { latency: [latency({ p50Ms: 7, ratio: 1, disturbance: { ...disturbance, p99OverP50: 1 } })] },
      ),
      trial({ recipe: 'int8' }, { latency: [latency({ disturbance })] }),
    ]);
    expect(asRecords(csvReport(view))[1]).toMatchObject({
      latency_p50_ms: '4.12',
      baseline_p50_ms: '6.98',
      latency_scaled_p50_ms: '4.13',
      latency_disturbed: 'disturbed: one image in a hundred took 4.0 times the median',
    });
    expect(asRecords(csvReport(view))[0]!.latency_disturbed).toBe('no');
  });

  it('has size and accuracy of the row’s runtime', () => {
    const deployments = [
      { runtime: 'ort-cpu', format: 'onnx', sizeBytes: 100, top1: 80 },
      { runtime: 'ort-web', format: 'onnx', sizeBytes: 200, top1: 70 },
    ];
    const view = run([trial({}, { deployments, latency: [latency(), latency({ target: 'ort-web x1' })] })]);
    view.sweep.targets = [...view.sweep.targets, { runtime: 'ort-web', threads: 1 }];
    expect(asRecords(csvReport(view)).map((row) => [row.target, row.size_bytes, row.top1_percent])).toEqual([
      ['ort-cpu x1', '100', '80'],
      ['ort-web x1', '200', '70'],
    ]);
  });

  it('is read back by a reader of RFC 4180 whatever the names', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(name, name, fc.array(name, { maxLength: 3 }), (model, recipe, notes) => {
        const view = { ...run([trial({ model, recipe, notes })]) };
        const [row] = asRecords(csvReport(view));
        const unguarded = (text: string): string => text.replace(/^'(?=[=+\-@\t\r])/, '');
        expect(unguarded(row!.model!)).toBe(unguarded(model));
        expect(unguarded(row!.recipe!)).toBe(unguarded(recipe));
        expect(unguarded(row!.notes!)).toBe(unguarded(notes.join(' ')));
        for (const cell of [row!.model!, row!.recipe!, row!.notes!]) expect(cell).not.toMatch(/^[=+\-@\t\r]/);
      }),
    );
  });
});
