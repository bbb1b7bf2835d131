import { AppError } from '@shared/errors';
import { readFile } from 'node:fs/promises';
import type { InferenceSession } from 'onnxruntime-web';
import { z } from 'zod';
import { dependencies } from '../../../../package.json';
import { modelFiles } from '../onnx/model-files';
import { commonSessionOptions, OrtSession, runtimeError } from './ort-session';
import type { Runtime } from './runtime';

/** Loaded when a session is opened: every process that measures knows the registry, and few of them need this. */
async function loadLibrary(): Promise<typeof InferenceSession> {
  const { env, InferenceSession } = await import('onnxruntime-web');
  env.logLevel = 'fatal';
  // A page gets threads only where the server isolates it (COOP and COEP), which few do: one thread is what ships.
  env.wasm.numThreads = 1;
  return InferenceSession;
}

/**
 * ONNX Runtime's WebAssembly build, as web pages ship it: 128-bit SIMD, one thread, the WebAssembly of Node's V8, which is Chrome's.
 * Its kernels are compiled from the same sources as the native ones, but int8 answers and speeds are its own.
 */
export const ortWeb: Runtime = {
  id: 'ort-web',
  title: 'ONNX Runtime Web (WebAssembly)',
  format: 'onnx',
  maximumThreads: 1,
  options: z.strictObject({}),
  // Pinned exactly, so it is known without loading the library; a test compares.
  version: () => dependencies['onnxruntime-web'],
  devices: async () => [{ id: 'wasm', title: 'WebAssembly, SIMD' }],
  async open(model, options) {
    const path = typeof model === 'string' ? model : 'the model';
    try {
      const bytes = typeof model === 'string' ? await readFile(model) : model;
      const settings: InferenceSession.SessionOptions = {
        ...commonSessionOptions({ ...options, threads: 1 }),
        executionProviders: ['wasm'],
        // It gets bytes, so it cannot look for the weights beside them.
        externalData: typeof model === 'string' ? await dataFiles(model) : [],
      };
      const Sessions = await loadLibrary();
      return new OrtSession(await Sessions.create(bytes, settings), path);
    } catch (thrown) {
      if (thrown instanceof AppError) throw thrown;
      throw runtimeError('model.runtime-rejected', path, thrown);
    }
  },
};

async function dataFiles(path: string): Promise<{ path: string; data: Uint8Array }[]> {
  const [, ...files] = modelFiles(path);
  return Promise.all(files.map(async (file) => ({ path: file.location, data: await readFile(file.path) })));
}
