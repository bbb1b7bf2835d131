import type { z } from 'zod';
import type { CompilerReport, NetworkEstimate } from '@shared/edgetpu';
import type { FileDescription } from '@shared/metrics';
import type { ModelCard } from '@shared/model-card';

/** What converting tells beside the file. */
export interface Conversion {
  /** Sentences for the trial. */
  notes: string[];
  /** Of a compiler that wrote the file. */
  compiler?: CompilerReport;
}

/** A file format that runtimes take in place of ONNX. */
export interface FileFormat {
  /** As runtimes name it, and the ending of its files: "tflite". */
  readonly id: string;
  /** The ending under which people know what it writes, where that is another one. */
  readonly ending?: string;
  /** Raise it when `convert` writes other files: they are converted again then. */
  readonly version: number;
  /** What a sweep may say of it under `deploy`; strict, every one with a default. */
  readonly options: z.ZodType<Record<string, unknown>>;
  /** It holds networks in integers alone. */
  readonly integersOnly?: boolean;
  /** Its files do not tell what the network holds: parameters and multiply-accumulates are those of the ONNX file. */
  readonly isOpaque?: boolean;
  /** Version of a program of the person's that writes it; undefined where there is none. Absent: Whittle writes it. */
  compilerVersion?(): Promise<string | undefined>;
  /**
   * Writes the network of an ONNX file in this format. Throws what reading it throws, and where an operator has no counterpart.
   * @param options as the schema parses them
   * @param signal ends a program that writes it: `cancelled` then
   */
  convert(
    onnxPath: string,
    outputPath: string,
    card: ModelCard,
    options: Record<string, unknown>,
    signal?: AbortSignal,
  ): Promise<Conversion | void>;
  /** Where what it writes is a folder for people, and one file with that folder here: writes the folder. */
  unpack?(path: string, destination: string): Promise<void>;
  /** Operators of the network of an ONNX file that have no counterpart: what can be said before anything is converted. */
  unsupported?(onnxPath: string, card: ModelCard): Promise<string[]>;
  /** What the device of the format will make of the network of an ONNX file, before it is compiled; absent: nothing can be said. */
  estimate?(onnxPath: string, card: ModelCard): Promise<NetworkEstimate>;
  /** Facts of a file of this format. */
  describe(path: string): Promise<FileDescription>;
}
