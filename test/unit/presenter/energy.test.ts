import { describe, expect, it } from 'vitest';
import { matrixText } from '../../../src/cli/matrix-text';
import { renderReport } from '../../../src/main/engine/report/render-report';
import { runAgainst } from '../../../src/main/engine/sweep/run-against';
import { compareRun } from '@shared/presenter/compare-run';
import { metricsOf } from '@shared/presenter/energy';
import { verdictRule } from '@shared/presenter/legend';
import { defaultMetrics, metricIds } from '@shared/presenter/metrics';
import { presentRun } from '@shared/presenter/reading';
import { reportViewSchema } from '@shared/presenter/report-view';
import type { EnergyMetrics } from '@shared/metrics';
import { latency, run, target, trial } from '../matrix/trials';
import { asRecords } from '../report/parse-csv';

const sessions = (ratio: number): number[] => [0.99, 0.995, 1, 1, 1.005, 1.01].map((factor) => factor * ratio);
const energy = (ratio: number, changes: Partial<EnergyMetrics> = {}): EnergyMetrics => ({
  domains: ['package-0', 'dram'],
  joules: 0.08 * ratio,
  joulesInterval: [0.079 * ratio, 0.081 * ratio],
  baselineJoules: 0.08,
  idleWatts: 4.1,
  isTold: true,
  comparison: { ratio, ratioInterval: [0.99 * ratio, 1.01 * ratio], sessionRatios: sessions(ratio) },
  ...changes,
});
const { comparison: _, ...untold } = energy(1, { isTold: false, joulesInterval: [-0.002, 0.012] });
const measured = run([
  trial({ recipe: 'baseline' }, { latency: [latency({ energy: energy(1) })] }),
  trial({ recipe: 'int8' }, { latency: [latency({ energy: energy(0.5) })] }),
  trial({ recipe: 'same' }, { latency: [latency({ energy: energy(0.9995) })] }),
  trial({ recipe: 'lost' }, { latency: [latency({ energy: untold })] }),
  trial({ recipe: 'earlier' }, { latency: [latency()] }),
]);
const without = run(measured.trials.map((one) => ({ ...one, metrics: { ...one.metrics, latency: [latency()] } })));
const [baseline, int8, same, lost, earlier] = measured.trials as [
  (typeof measured.trials)[0],
  (typeof measured.trials)[0],
  (typeof measured.trials)[0],
  (typeof measured.trials)[0],
  (typeof measured.trials)[0],
];

describe('energy', () => {
  it('is judged as times are, adjusted among energies alone', () => {
    const { energy: judged, among } = compareRun(measured);
    expect(among).toEqual({ latency: 0, energy: 2, top1: 0 });
    expect([baseline, int8, same, lost, earlier].map((one) => judged(one, target)?.verdict)).toEqual([
      'control',
      'gain',
      // From 0.9895 to 1.0095: beyond 1 % at one end.
      'unclear',
      undefined,
      undefined,
    ]);
    expect(judged(int8, target)!.adjustedP).toBeLessThan(0.001);
    expect(verdictRule(presentRun(measured))).toContain('1 % of the time or energy');
    expect(verdictRule(presentRun(measured))).toContain('2 of energy');
    expect(verdictRule(presentRun(without))).not.toContain('energy');
  });

  it('reads in millijoules with what was counted and what was taken off', () => {
    const { read } = presentRun(measured);
    expect(read('energy', int8, target)).toMatchObject({
      value: 40,
      text: '40.0',
      spread: '[39.5, 40.5]',
      basis: 'package-0 + dram, less 4.10 W of idling, 20 rounds',
      change: { text: '×0.50', words: 'clear gain' },
    });
    expect(read('energy', lost, target)).toMatchObject({ text: 'not told', spread: '[−2.0, 12.0]', value: 12 });
    expect(read('energy', lost, target)).not.toHaveProperty('change');
    expect(read('energy', earlier, target)).toBeUndefined();
  });

  it('leaves a usual column to the size of Core ML packages, where there are any', () => {
    const files = [{ format: 'coreml', sizeBytes: 7, sizeCompressedBytes: 7 }];
    const [first, ...others] = without.trials;
    const written = { trials: [{ ...first!, metrics: { ...first!.metrics, files } }, ...others] };
    expect(metricsOf(written, defaultMetrics)).toEqual(['size', 'size-coreml', 'latency', 'top1']);
    expect(metricsOf(without, defaultMetrics)).toEqual(['size', 'latency', 'top1']);
    expect(metricsOf(written, ['size'])).toEqual(['size']);
  });

  it('has a column where something was measured of it, and none elsewhere', () => {
    expect(metricsOf(measured, ['size', 'energy'])).toEqual(['size', 'energy']);
    expect(metricsOf(without, ['size', 'energy'])).toEqual(['size']);
    expect(metricsOf(without, ['energy'])).toEqual(['size', 'latency', 'top1']);
    const view = reportViewSchema.parse({ metrics: [...metricIds] });
    for (const format of ['csv', 'matrix-csv', 'long-csv', 'json', 'html', 'md'] as const) {
      expect(renderReport(measured, format, { view })).toMatch(/energy/i);
      expect(renderReport(without, format, { view })).not.toMatch(/energy/i);
    }
    expect(matrixText(measured)).toMatch(/mJ: for one image, of package-0 \+ dram/);
    expect(matrixText(measured)).toContain('▲ ×0.50 [0.50, 0.51]');
    expect(matrixText(without)).not.toContain('mJ');
  });

  it('stands in CSV in millijoules, and without a value where it was not told', () => {
    const rows = asRecords(renderReport(measured, 'csv'));
    expect(rows[1]).toMatchObject({ energy_of: 'package-0 + dram', energy_mj: '40', energy_ratio: '0.5' });
    expect(rows[1]).toMatchObject({ energy_verdict: 'clear gain', energy_idle_w: '4.1', energy_told: 'true' });
    expect(rows[3]).toMatchObject({ energy_told: 'false', energy_mj: '', energy_low_mj: '-2', energy_ratio: '' });
    expect(rows[4]).toMatchObject({ energy_of: '', energy_mj: '', energy_told: '' });
    const long = asRecords(renderReport(measured, 'long-csv')).filter(({ metric }) => metric === 'energy');
    expect(long.map(({ recipe, value, low, change }) => [recipe, value, low, change])).toEqual([
      ['baseline', '80', '79', '1'],
      ['int8', '40', '39.5', '0.5'],
      ['same', '79.96', '78.9605', '0.9995'],
      ['lost', '', '-2', ''],
    ]);
  });

  it('goes against another recipe by way of the baseline, where both counted the same', () => {
    const other = energy(0.8, { domains: ['battery BAT0'] });
    const view = {
      ...measured,
      trials: [...measured.trials, trial({ recipe: 'b' }, { latency: [latency({ energy: other })] })],
    };
    const seen = runAgainst(view, 'int8', () => undefined).trials.map(({ metrics }) => metrics.latency[0]!.energy);
    expect(seen[0]!.comparison!.ratio).toBeCloseTo(2, 12);
    expect(seen[1]!.comparison).toMatchObject({ ratio: 1, ratioInterval: [1, 1] });
    expect(seen[2]!.comparison!.ratio).toBeCloseTo(1.999, 12);
    expect(seen[2]!.comparison!.referenceSessionRatios).toEqual(sessions(0.5));
    expect(seen[3]).toEqual(untold);
    expect(seen[4]).toBeUndefined();
    // Joules stay; no ratio of numbers that count different things.
    expect(seen[5]).toMatchObject({ joules: other.joules, isTold: true });
    expect(seen[5]).not.toHaveProperty('comparison');
  });
});
