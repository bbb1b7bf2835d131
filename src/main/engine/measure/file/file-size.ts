import { compressedSize } from '../../files/compressed-size';
import { modelFiles } from '../../onnx/model-files';

/**
 * Bytes of a model as it is and after brotli, all its files together: what a user stores and roughly what a store or a CDN transfers.
 * Throws what `modelFiles` throws.
 */
export async function fileSize(path: string): Promise<{ sizeBytes: number; sizeCompressedBytes: number }> {
  let [sizeBytes, sizeCompressedBytes] = [0, 0];
  for (const file of modelFiles(path)) {
    sizeBytes += file.sizeBytes;
    sizeCompressedBytes += await compressedSize(file.path);
  }
  return { sizeBytes, sizeCompressedBytes };
}
