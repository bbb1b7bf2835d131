import type { FileMetrics } from '@shared/metrics';
import { countMacs, countParams } from '../onnx/count';
import { loadModel } from '../onnx/load';
import { fileSize } from './file-size';
import { starvedLayer } from './starved-layer';

/** Facts of the file alone: bytes as stored and after brotli, weights, multiply-accumulates at batch 1. Throws as `loadModel`. */
export async function describeArtifact(path: string): Promise<FileMetrics> {
  const { sizeBytes, sizeCompressedBytes } = await fileSize(path);
  const graph = await loadModel(path);
  return {
    sizeBytes,
    sizeCompressedBytes,
    ...countParams(graph),
    macs: countMacs(graph),
    starvedLayer: starvedLayer(graph),
  };
}
