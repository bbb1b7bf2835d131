import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { AppError } from '@shared/errors';
import { locateLibrary } from './locate-library';
import { litertFunctions, type Made, type Pointer } from './litert-library';
import { litertOptions } from './litert-options';
import { LitertSession } from './litert-session';
import { litertStatus } from './litert-status';
import { litertLibrary } from './native-libraries';
import { processorOf } from './processor-device';
import type { Runtime, SessionOptions } from './runtime';
import { cleanRuntimeMessage } from './runtime-message';

/**
 * LiteRT, the successor of TensorFlow Lite, on the processor: its CompiledModel interface with XNNPACK, int8 kernels included. `run` blocks the
 * calling thread.
 */
export const litert: Runtime = {
  id: 'litert',
  title: 'LiteRT',
  format: 'tflite',
  library: litertLibrary,
  options: z.strictObject({
    kernels: z
      .enum(['delegate', 'builtin', 'reference'])
      .default('delegate')
      .describe('XNNPACK ("delegate"), the built-in kernels, or the plain reference ones'),
  }),
  answerOptions: ['kernels'],
  version: versionOfLibrary,
  devices: async () => [processorOf(litertLibrary)],
  open: async (model, options) => openLitert(model, options),
};

/** The library does not tell its version; its distribution does, and without one its content stands for it. */
function versionOfLibrary(): string {
  const { path, version } = locateLibrary(litertLibrary);
  return version ?? `sha256 ${createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 12)}`;
}

/** Throws `model.runtime-rejected` and `runtime.unavailable`. */
function openLitert(file: string | Uint8Array, { threads, options = {} }: SessionOptions): LitertSession {
  const library = litertFunctions();
  const { functions, environment } = library;
  const path = typeof file === 'string' ? file : 'the model';
  const undo: (() => void)[] = [];
  const close = (): void => {
    for (const step of undo.splice(0)) step();
  };
  const made: Made = [null];
  const owned = (status: number, free: (pointer: Pointer) => void): Pointer => {
    litertStatus(status);
    const [pointer] = made;
    undo.unshift(() => free(pointer));
    return pointer;
  };
  try {
    const model = owned(
      typeof file === 'string'
        ? functions.createModelFromFile(environment, file, made)
        : functions.createModelFromBuffer(environment, file, file.byteLength, made),
      functions.destroyModel,
    );
    const kernels = typeof options.kernels === 'string' ? options.kernels : undefined;
    const { options: settings, payloads } = litertOptions(library, { threads, kernels });
    undo.unshift(() => {
      functions.destroyOptions(settings);
      payloads.length = 0;
    });
    const compiled = owned(functions.compile(environment, model, settings, made), functions.destroyCompiled);
    return new LitertSession(library, { path, file, model, compiled, close });
  } catch (thrown) {
    close();
    const detail = cleanRuntimeMessage((thrown as Error).message, path);
    throw new AppError('model.runtime-rejected', { path, runtime: litert.title, detail }, { cause: thrown });
  }
}
