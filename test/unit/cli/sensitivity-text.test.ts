import { describe, expect, it } from 'vitest';
import { sensitivityText, shortened, textBar } from '../../../src/cli/sensitivity-text';
import type { LayerSensitivity, SensitivityReport } from '@shared/sensitivity';

const layer = (name: string, divergences: number[], weights = 1000): LayerSensitivity => ({
  layer: name,
  op: 'Conv',
  weights,
  effects: divergences.map((divergence) => ({
    label: divergences.length > 1 ? `${divergence * 10} %` : 'int8',
    amount: divergence,
    divergence,
    noise: divergence,
    sqnrDb: divergence === 0 ? null : 20,
    agreement: 100 - divergence,
  })),
});
const long = '/features/features.16/conv/conv.0/conv.0.0/Conv';
const report = (layers: LayerSensitivity[], method: SensitivityReport['method']): SensitivityReport => ({
  model: 'net',
  images: 64,
  method,
  layers,
});
const int8 = report([layer('quiet', [0], 250_000), layer(long, [4]), layer('half', [2])], { kind: 'int8', params: {} });
const rows = (text: string): string[] => text.split('\n').slice(4, 7);

describe('sensitivityText', () => {
  it('sorts worst first, with bars relative to the worst', () => {
    expect(rows(sensitivityText(int8, 200)).map((row) => row.split(/\s{2,}/))).toEqual([
      [long, '██████████', '4.0000', '20.0', '96.0', '1,000', '0.4'],
      ['half', '█████', '2.0000', '20.0', '98.0', '1,000', '0.4'],
      ['quiet', '0.0000', '—', '100.0', '250 k', '99.2'],
    ]);
  });

  it.each([80, 120])('fits %d columns, numbers uncut', (width) => {
    const text = sensitivityText(int8, width);
    for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(width);
    expect(rows(text)[0]).toMatch(/^\/feature.*\/conv\.0\.0\/Conv +█{10} +4\.0000 +20\.0 +96\.0 +1,000 +0\.4$/);
  });

  it('has a column an amount, and sorts by all of them together', () => {
    const pruned = report([layer('a', [1, 2]), layer('b', [0, 4])], { kind: 'prune', amounts: [0.1, 0.2] });
    const lines = sensitivityText(pruned, 80).split('\n');
    expect(lines[2]!.split(/\s{2,}/)).toEqual(['layer', '0 %', '40 %', 'weights', 'of all %']);
    expect(lines[4]!.split(/\s{2,}/)).toEqual(['b', '██████████', '100.0', '96.0', '1,000', '50.0']);
  });
});

it('a bar shows eighths, and something for anything that is not nothing', () => {
  expect([0, 1e-9, 0.05, 0.5, 1].map(textBar)).toEqual(['', '▏', '▌', '█████', '██████████']);
});

it('a name is cut in its middle', () => {
  expect(shortened('short', 10)).toBe('short');
  expect(shortened('/features/block.12/Conv', 12)).toBe('/fea…12/Conv');
});
