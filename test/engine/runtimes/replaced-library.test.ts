import { mkdtempSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { edgetpu } from '../../../src/main/engine/runtimes/edgetpu';
import { tflite } from '../../../src/main/engine/runtimes/tflite';
import { surroundingsOf } from '../../../src/main/engine/sweep/surroundings';
import { defaultTarget } from '../../../src/shared/sweep-file';
import { buildLibrary, needsCompiler } from '../../fixtures/coral/build-library';
import { around } from '../../unit/sweep/sweeps';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'replaced-library-'))));
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** Libraries that only tell their versions. @returns the folder that holds them */
function libraries(name: string, tensorflow: string, runtime: number): string {
  const own = join(folder, name);
  mkdirSync(own);
  buildLibrary(join(own, 'libtensorflowlite_c.so'), `const char *TfLiteVersion(void) { return "${tensorflow}"; }`);
  const version = `BuildLabel(stand-in), RuntimeVersion(${runtime})`;
  buildLibrary(join(own, 'libedgetpu.so.1'), `const char *edgetpu_version(void) { return "${version}"; }`);
  return own;
}

it.skipIf(needsCompiler !== '')(
  `versions are those of the libraries that are found now, not of those this process has loaded${needsCompiler}`,
  async () => {
    vi.stubEnv('WHITTLE_RUNTIMES', libraries('first', '2.9.0', 13));
    expect(tflite.version()).toBe('2.9.0');
    expect(edgetpu.version()).toBe('runtime 13 (stand-in, no Edge TPU) in TensorFlow Lite 2.9.0');

    // As a person names another folder in Settings.
    vi.stubEnv('WHITTLE_RUNTIMES', libraries('second', '2.11.0', 14));
    expect(edgetpu.version()).toBe('runtime 14 (stand-in, no Edge TPU) in TensorFlow Lite 2.11.0');
    const targets = [defaultTarget, { runtime: 'tflite', threads: 1 }];
    const { runtimes } = await surroundingsOf({ targets }, around.machine, '1');
    expect(runtimes.tflite!.version).toBe('2.11.0');

    // As a package manager puts a newer one into its place.
    const third = libraries('third', '2.11.1', 14);
    renameSync(join(third, 'libtensorflowlite_c.so'), join(folder, 'second', 'libtensorflowlite_c.so'));
    expect(tflite.version()).toBe('2.11.1');
  },
);
