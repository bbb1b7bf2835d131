import { readFile } from 'node:fs/promises';
import { env, InferenceSession } from 'onnxruntime-web';
import { z } from 'zod';
import { commonSessionOptions, OrtSession, runtimeError } from './ort-session';
import type { Runtime } from './runtime';

env.logLevel = 'fatal';
// A page gets threads only where the server isolates it (COOP and COEP), which few do: one thread is what ships.
env.wasm.numThreads = 1;

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
  version: () => env.versions.web ?? env.versions.common,
  devices: async () => [{ id: 'wasm', title: 'WebAssembly, SIMD' }],
  async open(model, options) {
    const path = typeof model === 'string' ? model : 'the model';
    try {
      const bytes = typeof model === 'string' ? await readFile(model) : model;
      const settings = { ...commonSessionOptions({ ...options, threads: 1 }), executionProviders: ['wasm'] };
      return new OrtSession(await InferenceSession.create(bytes, settings), path);
    } catch (thrown) {
      throw runtimeError('model.runtime-rejected', path, thrown);
    }
  },
};
