import { z } from 'zod';
import { cleanRuntimeMessage } from './runtime-message';
import { AppError } from '@shared/errors';
import { tfliteLibrary } from './native-libraries';
import { processorOf } from './processor-device';
import type { Runtime, SessionOptions } from './runtime';
import { openInterpreter, type Delegate } from './tflite-interpreter';
import { tfliteFunctions, tfliteVersion, xnnpackReservedBytes } from './tflite-library';
import { TfliteSession } from './tflite-session';

/** XNNPACK takes int8 operators (1) and uint8 operators (2) only where it is asked to: without, they run eight times slower. */
const xnnpackFlags = 3;

/**
 * TensorFlow Lite's interpreter with the XNNPACK delegate, as applications use it on processors. Its C library comes as a runtime pack. A
 * file that the delegate refuses runs on the built-in kernels, and the session says so. `run` blocks the calling thread.
 */
export const tflite: Runtime = {
  id: 'tflite',
  title: 'TensorFlow Lite',
  format: 'tflite',
  library: tfliteLibrary,
  options: z.strictObject({
    xnnpack: z.boolean().default(true).describe('XNNPACK kernels; false: the built-in ones'),
  }),
  answerOptions: ['xnnpack'],
  version: tfliteVersion,
  devices: async () => [processorOf(tfliteLibrary)],
  open: async (model, options) => openTflite(model, options),
};

/** Opens a file with XNNPACK, or without where it refuses. Throws `model.runtime-rejected` and `runtime.unavailable`. */
function openTflite(file: string | Uint8Array, { threads, options = {} }: SessionOptions): TfliteSession {
  const wanted = options.xnnpack !== false;
  const first = openInterpreter(file, threads, wanted ? xnnpack(threads) : undefined);
  if (first instanceof TfliteSession) return first;
  const second = wanted ? openInterpreter(file, threads) : first;
  if (!(second instanceof TfliteSession)) {
    const path = typeof file === 'string' ? file : 'the model';
    const detail = cleanRuntimeMessage(second, path);
    throw new AppError('model.runtime-rejected', { path, runtime: tflite.title, detail });
  }
  second.notes.push(
    `XNNPACK refuses this file (${first || 'without a reason'}): it runs on the built-in kernels, slowly.`,
  );
  return second;
}

function xnnpack(threads: number): Delegate {
  const library = tfliteFunctions();
  const pointer = library.createXnnpack({
    num_threads: threads,
    flags: xnnpackFlags,
    reserved: new Uint8Array(xnnpackReservedBytes),
  });
  return { pointer, free: library.deleteXnnpack };
}
