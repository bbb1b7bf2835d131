import type { FileMetrics } from '@shared/metrics';
import { countMacs, countParams } from '../../onnx/count';
import { loadModel } from '../../onnx/load';
import { entropyBoundBytes } from './entropy-bound';
import { fileSize } from './file-size';
import { integerKernels } from './integer-kernels';
import { outputStep } from './output-step';
import { starvedLayer } from './starved-layer';

/**
 * Facts of the file alone: bytes as stored, after brotli and at best, weights, multiply-accumulates at batch 1. Throws as `loadModel` and
 * `entropyBoundBytes`.
 */
export async function describeArtifact(path: string): Promise<FileMetrics> {
  const { sizeBytes, sizeCompressedBytes } = await fileSize(path);
  const graph = await loadModel(path);
  return {
    sizeBytes,
    sizeCompressedBytes,
    entropyBoundBytes: await entropyBoundBytes(graph),
    ...countParams(graph),
    macs: countMacs(graph),
    starvedLayer: starvedLayer(graph),
    outputStep: outputStep(graph),
    integerKernels: integerKernels(graph),
  };
}
