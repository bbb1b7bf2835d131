import { z } from 'zod';
import { cleanRuntimeMessage } from './runtime-message';
import { AppError } from '@shared/errors';
import { tfliteLibrary } from './native-libraries';
import { processorOf } from './processor-device';
import type { Runtime, SessionOptions } from './runtime';
import { tfliteFunctions, type Pointer } from './tflite-library';
import { TfliteMessages } from './tflite-messages';
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
  version: () => tfliteFunctions().version(),
  devices: async () => [processorOf(tfliteLibrary)],
  open: async (model, options) => openTflite(model, options),
};

/** Opens a file with XNNPACK, or without where it refuses. Throws `model.runtime-rejected` and `runtime.unavailable`. */
function openTflite(file: string | Uint8Array, { threads, options = {} }: SessionOptions): TfliteSession {
  const wanted = options.xnnpack !== false;
  const first = tryOpen(file, threads, wanted);
  if (first instanceof TfliteSession) return first;
  const second = wanted ? tryOpen(file, threads, false) : first;
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

/** A session, or what the library says against it. */
function tryOpen(file: string | Uint8Array, threads: number, withXnnpack: boolean): TfliteSession | string {
  const library = tfliteFunctions();
  const messages = new TfliteMessages(library);
  const undo: (() => void)[] = [];
  const owned = (made: Pointer, free: (pointer: Pointer) => void): Pointer => {
    if (made !== null) undo.unshift(() => free(made));
    return made;
  };
  const close = (): void => {
    for (const step of undo.splice(0)) step();
    messages.detach();
  };
  const model = owned(
    typeof file === 'string' ? library.createModelFromFile(file) : library.createModel(file, file.byteLength),
    library.deleteModel,
  );
  if (model === null) {
    close();
    return 'it is not a TensorFlow Lite network, or a damaged one';
  }
  const options = owned(library.createOptions(), library.deleteOptions);
  library.setThreads(options, threads);
  messages.attach(options);
  if (withXnnpack) {
    const delegate = library.createXnnpack({ num_threads: threads, flags: xnnpackFlags });
    library.addDelegate(options, owned(delegate, library.deleteXnnpack));
  }
  const interpreter = owned(library.createInterpreter(model, options), library.deleteInterpreter);
  if (interpreter === null || library.allocateTensors(interpreter) !== 0) {
    close();
    return messages.take();
  }
  return new TfliteSession(library, interpreter, { file, messages, close });
}
