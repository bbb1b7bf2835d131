import type { LayerFacts, LayerReport } from '@shared/layers';

/** Facts of a layer; what a test does not care about is one. */
export function layer(changes: Partial<LayerFacts> = {}): LayerFacts {
  return {
    op: 'Conv',
    inputChannels: 16,
    outputChannels: 32,
    macs: 1_000_000,
    sparsity: 0,
    bytes: 2048,
    milliseconds: 1,
    latencyShare: 0.25,
    ...changes,
  };
}

export const report = (layers: LayerReport['layers'], images = 8): LayerReport => ({
  layers,
  rest: { before: { milliseconds: 0.5, share: 0.1 }, after: { milliseconds: 0.4, share: 0.2 } },
  images,
});
