import { askVersion, koffi, openLibrary } from './native';
import { tfliteLibrary } from './native-libraries';

/** A pointer as koffi hands it out; null: none. */
export type Pointer = unknown;

export interface TfliteFunctions {
  version(): string;
  createModel(bytes: Uint8Array, size: number): Pointer;
  createModelFromFile(path: string): Pointer;
  deleteModel(model: Pointer): void;
  createOptions(): Pointer;
  deleteOptions(options: Pointer): void;
  setThreads(options: Pointer, threads: number): void;
  addDelegate(options: Pointer, delegate: Pointer): void;
  /** The reporter gets user data, a printf format and a va_list. */
  setErrorReporter(options: Pointer, reporter: bigint, userData: Pointer): void;
  createInterpreter(model: Pointer, options: Pointer): Pointer;
  deleteInterpreter(interpreter: Pointer): void;
  allocateTensors(interpreter: Pointer): number;
  invoke(interpreter: Pointer): number;
  inputCount(interpreter: Pointer): number;
  outputCount(interpreter: Pointer): number;
  input(interpreter: Pointer, index: number): Pointer;
  output(interpreter: Pointer, index: number): Pointer;
  tensorType(tensor: Pointer): number;
  tensorRank(tensor: Pointer): number;
  tensorSize(tensor: Pointer, axis: number): number;
  tensorBytes(tensor: Pointer): number;
  tensorName(tensor: Pointer): string | null;
  tensorQuantization(tensor: Pointer): { scale: number; zero_point: number };
  copyIn(tensor: Pointer, bytes: Uint8Array, size: number): number;
  copyOut(tensor: Pointer, bytes: Uint8Array, size: number): number;
  createXnnpack(options: { num_threads: number; flags: number; reserved: Uint8Array }): Pointer;
  deleteXnnpack(delegate: Pointer): void;
  /** Pointer to a function of the type that `setErrorReporter` takes. */
  registerReporter(report: (userData: Pointer, format: string, values: Pointer) => number): bigint;
}

/** Room behind the options of 2.9 for those of later versions. */
export const xnnpackReservedBytes = 56;

const versionDeclaration = 'const char *TfLiteVersion()';

/** Version of the library that is found now: "2.9.0". Throws `runtime.unavailable`. */
export const tfliteVersion = (): string => askVersion(tfliteLibrary, versionDeclaration).version;

let bound: { path: string; functions: TfliteFunctions } | undefined;

/**
 * The C interface of TensorFlow Lite 2.9 (c_api.h, xnnpack_delegate.h) as functions. Throws `runtime.unavailable`.
 * Loaded once: a process that has it keeps it, also where another is found later.
 */
export function tfliteFunctions(): TfliteFunctions {
  bound ??= bind();
  return bound.functions;
}

function bind(): { path: string; functions: TfliteFunctions } {
  const { handle, path } = openLibrary(tfliteLibrary);
  const { array, struct, proto, pointer, register } = koffi();
  struct('TfLiteQuantizationParams', { scale: 'float', zero_point: 'int32_t' });
  // As 2.9 has it; later versions append fields, which are zero then.
  struct('TfLiteXNNPackDelegateOptions', {
    num_threads: 'int32_t',
    flags: 'uint32_t',
    reserved: array('uint8_t', xnnpackReservedBytes),
  });
  const reporter = pointer(proto('int TfLiteReporter(void *user_data, const char *format, void *values)'));
  const get = (declaration: string) => handle.func(declaration) as never;
  const functions: TfliteFunctions = {
    version: get(versionDeclaration),
    createModel: get('void *TfLiteModelCreate(const void *data, size_t size)'),
    createModelFromFile: get('void *TfLiteModelCreateFromFile(const char *path)'),
    deleteModel: get('void TfLiteModelDelete(void *model)'),
    createOptions: get('void *TfLiteInterpreterOptionsCreate()'),
    deleteOptions: get('void TfLiteInterpreterOptionsDelete(void *options)'),
    setThreads: get('void TfLiteInterpreterOptionsSetNumThreads(void *options, int32_t threads)'),
    addDelegate: get('void TfLiteInterpreterOptionsAddDelegate(void *options, void *delegate)'),
    setErrorReporter: get(
      'void TfLiteInterpreterOptionsSetErrorReporter(void *options, TfLiteReporter *reporter, void *user_data)',
    ),
    createInterpreter: get('void *TfLiteInterpreterCreate(void *model, void *options)'),
    deleteInterpreter: get('void TfLiteInterpreterDelete(void *interpreter)'),
    allocateTensors: get('int TfLiteInterpreterAllocateTensors(void *interpreter)'),
    invoke: get('int TfLiteInterpreterInvoke(void *interpreter)'),
    inputCount: get('int32_t TfLiteInterpreterGetInputTensorCount(void *interpreter)'),
    outputCount: get('int32_t TfLiteInterpreterGetOutputTensorCount(void *interpreter)'),
    input: get('void *TfLiteInterpreterGetInputTensor(void *interpreter, int32_t index)'),
    output: get('void *TfLiteInterpreterGetOutputTensor(void *interpreter, int32_t index)'),
    tensorType: get('int TfLiteTensorType(void *tensor)'),
    tensorRank: get('int32_t TfLiteTensorNumDims(void *tensor)'),
    tensorSize: get('int32_t TfLiteTensorDim(void *tensor, int32_t axis)'),
    tensorBytes: get('size_t TfLiteTensorByteSize(void *tensor)'),
    tensorName: get('const char *TfLiteTensorName(void *tensor)'),
    tensorQuantization: get('TfLiteQuantizationParams TfLiteTensorQuantizationParams(void *tensor)'),
    copyIn: get('int TfLiteTensorCopyFromBuffer(void *tensor, const void *data, size_t size)'),
    copyOut: get('int TfLiteTensorCopyToBuffer(void *tensor, void *data, size_t size)'),
    createXnnpack: get('void *TfLiteXNNPackDelegateCreate(const TfLiteXNNPackDelegateOptions *options)'),
    deleteXnnpack: get('void TfLiteXNNPackDelegateDelete(void *delegate)'),
    registerReporter: (report) => register(report, reporter),
  };
  return { path, functions };
}
