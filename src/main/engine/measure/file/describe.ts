import type { FileMetrics } from '@shared/metrics';
import { countMacs, countParams } from '../../onnx/count';
import { loadBranching } from '../../onnx/load';
import { straighten } from '../../onnx/straighten';
import { entropyBoundBytes } from './entropy-bound';
import { fileSize } from './file-size';
import { integerKernels } from './integer-kernels';
import { outputStep } from './output-step';
import { starvedLayer } from './starved-layer';

/**
 * Facts of the file alone: bytes as stored, after brotli and at best, weights, those of all branches, multiply-accumulates at batch 1. Throws as
 * `loadBranching` and `entropyBoundBytes`.
 */
export async function describeArtifact(path: string): Promise<FileMetrics> {
  const { sizeBytes, sizeCompressedBytes } = await fileSize(path);
  const graph = await loadBranching(path);
  const whole = straighten(graph).graph;
  return {
    sizeBytes,
    sizeCompressedBytes,
    entropyBoundBytes: await entropyBoundBytes(whole),
    ...countParams(graph),
    macs: countMacs(graph),
    starvedLayer: starvedLayer(whole),
    outputStep: outputStep(whole),
    integerKernels: integerKernels(whole),
  };
}
