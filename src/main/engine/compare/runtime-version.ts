import type { Manifest } from '@shared/run';

/** The version of a target's runtime; runs of earlier versions named that of ONNX Runtime alone. */
export function runtimeVersion({ runtimes, onnxruntime }: Manifest, runtime: string): string {
  return runtimes?.[runtime] ?? onnxruntime;
}
