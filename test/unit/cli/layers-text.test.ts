import { expect, it } from 'vitest';
import { layersText } from '../../../src/cli/layers-text';
import { layer, report } from '../layers';

it('prints a row a layer: one value, or before and after, and what is gone or new', () => {
  const text = layersText(
    report([
      { name: 'stem', before: layer(), after: layer({ outputChannels: 24, sparsity: 0.5 }), error: 0.0123 },
      { name: 'middle', before: layer() },
      { name: 'extra', after: layer({ op: 'Gemm' }) },
    ]),
  );
  const lines = text.split('\n');
  expect(lines[0]).toMatch(/^layer +operator +channels +MACs +zeros % +stored +ms +of time % +error$/);
  expect(lines[2]).toMatch(/^stem +Conv +16×32 → 16×24 +1 M +0\.0 → 50\.0 +2\.05 kB +1\.00 +25\.0 +0\.012$/);
  expect(lines[3]).toMatch(/^middle +Conv → gone/);
  expect(lines[4]).toMatch(/^extra +new → Gemm/);
  expect(text).toContain('8 calibration images');
});

it('says how to get errors when there are none', () => {
  expect(layersText(report([], 0))).toContain('--data DIR');
});
