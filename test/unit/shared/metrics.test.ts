import { expect, it } from 'vitest';
import { fileMetricsSchema, trialMetricsSchema } from '@shared/metrics';

it('results of earlier versions, without an entropy bound or bits per weight, still load', () => {
  const stored = { sizeBytes: 1000, sizeCompressedBytes: 900, params: 250, nonZeroParams: 250, macs: 500 };
  expect(fileMetricsSchema.parse(stored)).toEqual(stored);
  expect(trialMetricsSchema.parse({ ...stored, latency: [] })).toEqual({ ...stored, latency: [] });
});
