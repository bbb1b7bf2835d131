import type { RuntimeInfo } from './runtime-info';

/** "ONNX Runtime CPU 1.22.0", for each runtime that can be used here. */
export function versionsOf(runtimes: readonly Pick<RuntimeInfo, 'title' | 'version'>[]): string[] {
  return runtimes.flatMap(({ title, version }) => (version === undefined ? [] : [`${title} ${version}`]));
}
