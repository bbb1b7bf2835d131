import type { FileMetrics } from '@shared/metrics';
import { compressedSize } from '../../files/compressed-size';
import { layersOf, totalsOf } from './count';
import { entropyBoundBytes } from './entropy-bound';
import { loadTfliteFile } from './load-model';
import type { TfliteGraph } from './model';
import { elementBits } from './tensor-types';
import { weightedOperators } from './weighted-operators';

/**
 * Facts of a .tflite file alone: bytes as stored, after brotli and at best, parameters, multiply-accumulates at batch 1, layers that run in
 * integers. Of several networks in a file the first is the one that is run. Throws as `loadTflite`.
 */
export async function describeTflite(path: string): Promise<FileMetrics> {
  const { model, bytes } = await loadTfliteFile(path);
  const graph = model.graphs[0]!;
  return {
    sizeBytes: bytes.length,
    sizeCompressedBytes: await compressedSize(path),
    entropyBoundBytes: entropyBoundBytes(model),
    ...totalsOf(layersOf(graph), path),
    integerKernels: { layers: integerLayers(graph), dynamicConvolutions: 0 },
  };
}

/** Layers whose weights are codes when they run: activations are codes as well, or become so inside the kernel. */
function integerLayers(graph: TfliteGraph): number {
  return weightedOperators(graph).filter(
    ({ weights }) => weights.quantization && (elementBits(weights.type) ?? 32) <= 8,
  ).length;
}
