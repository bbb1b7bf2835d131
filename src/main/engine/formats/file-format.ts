import type { z } from 'zod';
import type { FileMetrics } from '@shared/metrics';
import type { ModelCard } from '@shared/model-card';

/** A file format that runtimes take in place of ONNX. */
export interface FileFormat {
  /** As runtimes name it, and the ending of its files: "tflite". */
  readonly id: string;
  /** Raise it when `convert` writes other files: they are converted again then. */
  readonly version: number;
  /** What a sweep may say of it under `deploy`; strict, every one with a default. */
  readonly options: z.ZodType<Record<string, unknown>>;
  /**
   * Writes the network of an ONNX file in this format. Throws what reading it throws, and where an operator has no counterpart.
   * @param options as the schema parses them
   */
  convert(onnxPath: string, outputPath: string, card: ModelCard, options: Record<string, unknown>): Promise<void>;
  /** Operators of the network of an ONNX file that have no counterpart: what can be said before anything is converted. */
  unsupported?(onnxPath: string, card: ModelCard): Promise<string[]>;
  /** Facts of a file of this format. */
  describe(path: string): Promise<FileMetrics>;
}
