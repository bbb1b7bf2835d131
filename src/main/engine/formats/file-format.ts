import type { FileMetrics } from '@shared/metrics';
import type { ModelCard } from '@shared/model-card';

/** A file format that runtimes take in place of ONNX. */
export interface FileFormat {
  /** As runtimes name it, and the ending of its files: "tflite". */
  readonly id: string;
  /** Raise it when `convert` writes other files: they are converted again then. */
  readonly version: number;
  /** Writes the network of an ONNX file in this format. Throws what reading it throws, and where an operator has no counterpart. */
  convert(onnxPath: string, outputPath: string, card: ModelCard): Promise<void>;
  /** Facts of a file of this format. */
  describe(path: string): Promise<FileMetrics>;
}
