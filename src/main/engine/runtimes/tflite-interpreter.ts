import { tfliteFunctions, type Pointer } from './tflite-library';
import { TfliteMessages } from './tflite-messages';
import { TfliteSession } from './tflite-session';

export interface Delegate {
  pointer: Pointer;
  free(pointer: Pointer): void;
}

/**
 * A session on a file, or what the library says against it. Throws `runtime.unavailable`.
 * @param delegate takes the operators that it knows; it is freed with the session, and where none is made
 */
export function openInterpreter(
  file: string | Uint8Array,
  threads: number,
  delegate?: Delegate,
): TfliteSession | string {
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
  if (delegate) owned(delegate.pointer, delegate.free);
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
  if (delegate) library.addDelegate(options, delegate.pointer);
  const interpreter = owned(library.createInterpreter(model, options), library.deleteInterpreter);
  if (interpreter === null || library.allocateTensors(interpreter) !== 0) {
    close();
    return messages.take();
  }
  return new TfliteSession(library, interpreter, { file, messages, close });
}
