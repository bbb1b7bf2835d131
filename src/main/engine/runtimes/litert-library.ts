import { koffi, openLibrary } from './native';
import { litertLibrary } from './native-libraries';

/** A pointer as koffi hands it out. */
export type Pointer = unknown;
/** Where a function puts the pointer that it makes. */
export type Made = [Pointer];

/** Functions answer 0, or a LiteRtStatus. */
export interface LitertFunctions {
  createEnvironment(count: number, options: Uint8Array, made: Made): number;
  createModelFromFile(environment: Pointer, path: string, made: Made): number;
  createModelFromBuffer(environment: Pointer, bytes: Uint8Array, size: number, made: Made): number;
  destroyModel(model: Pointer): void;
  createOptions(made: Made): number;
  destroyOptions(options: Pointer): void;
  setAccelerators(options: Pointer, accelerators: number): number;
  createOpaqueOptions(identifier: string, payload: Uint8Array, free: bigint, made: Made): number;
  addOpaqueOptions(options: Pointer, opaque: Pointer): number;
  compile(environment: Pointer, model: Pointer, options: Pointer, made: Made): number;
  destroyCompiled(compiled: Pointer): void;
  errorMessages(compiled: Pointer, made: [string | null]): number;
  clearErrors(compiled: Pointer): number;
  signature(model: Pointer, index: number, made: Made): number;
  inputCount(signature: Pointer, made: [number]): number;
  outputCount(signature: Pointer, made: [number]): number;
  input(signature: Pointer, index: number, made: Made): number;
  output(signature: Pointer, index: number, made: Made): number;
  tensorName(tensor: Pointer, made: [string | null]): number;
  tensorKind(tensor: Pointer, made: [number]): number;
  rankedType(tensor: Pointer, made: Uint8Array): number;
  quantizationKind(tensor: Pointer, made: [number]): number;
  perTensorQuantization(tensor: Pointer, made: Uint8Array): number;
  inputRequirements(compiled: Pointer, signature: number, index: number, made: Made): number;
  outputRequirements(compiled: Pointer, signature: number, index: number, made: Made): number;
  createBuffer(environment: Pointer, type: Uint8Array, requirements: Pointer, made: Made): number;
  bufferBytes(buffer: Pointer, made: [number]): number;
  destroyBuffer(buffer: Pointer): void;
  /** @param mode 0: to read, 1: to write */
  lock(buffer: Pointer, made: Made, mode: number): number;
  unlock(buffer: Pointer): number;
  run(
    compiled: Pointer,
    signature: number,
    inputCount: number,
    inputs: readonly Pointer[],
    outputCount: number,
    outputs: readonly Pointer[],
  ): number;
}

export interface LitertLibrary {
  functions: LitertFunctions;
  /** The one of this process. */
  environment: Pointer;
  /** For payloads that this side frees. */
  keep: bigint;
  version?: string;
}

let bound: LitertLibrary | undefined;

/** The C interface of LiteRT 2.3 (CompiledModel) with the environment that all of it needs. Throws `runtime.unavailable`. */
export function litertFunctions(): LitertLibrary {
  bound ??= bind();
  return bound;
}

function bind(): LitertLibrary {
  const { handle, version } = openLibrary(litertLibrary);
  const { proto, pointer, register } = koffi();
  const get = (declaration: string) => handle.func(declaration) as never;
  const functions: LitertFunctions = {
    createEnvironment: get('int LiteRtCreateEnvironment(int count, const void *options, _Out_ void **made)'),
    createModelFromFile: get('int LiteRtCreateModelFromFile(void *environment, const char *path, _Out_ void **made)'),
    createModelFromBuffer: get(
      'int LiteRtCreateModelFromBuffer(void *environment, const void *bytes, size_t size, _Out_ void **made)',
    ),
    destroyModel: get('void LiteRtDestroyModel(void *model)'),
    createOptions: get('int LiteRtCreateOptions(_Out_ void **made)'),
    destroyOptions: get('void LiteRtDestroyOptions(void *options)'),
    setAccelerators: get('int LiteRtSetOptionsHardwareAccelerators(void *options, int accelerators)'),
    createOpaqueOptions: get(
      'int LiteRtCreateOpaqueOptions(const char *identifier, const void *payload, void *free, _Out_ void **made)',
    ),
    addOpaqueOptions: get('int LiteRtAddOpaqueOptions(void *options, void *opaque)'),
    compile: get('int LiteRtCreateCompiledModel(void *environment, void *model, void *options, _Out_ void **made)'),
    destroyCompiled: get('void LiteRtDestroyCompiledModel(void *compiled)'),
    errorMessages: get('int LiteRtCompiledModelGetErrorMessages(void *compiled, _Out_ char **made)'),
    clearErrors: get('int LiteRtCompiledModelClearErrors(void *compiled)'),
    signature: get('int LiteRtGetModelSignature(void *model, size_t index, _Out_ void **made)'),
    inputCount: get('int LiteRtGetNumSignatureInputs(void *signature, _Out_ size_t *made)'),
    outputCount: get('int LiteRtGetNumSignatureOutputs(void *signature, _Out_ size_t *made)'),
    input: get('int LiteRtGetSignatureInputTensorByIndex(void *signature, size_t index, _Out_ void **made)'),
    output: get('int LiteRtGetSignatureOutputTensorByIndex(void *signature, size_t index, _Out_ void **made)'),
    tensorName: get('int LiteRtGetTensorName(void *tensor, _Out_ const char **made)'),
    tensorKind: get('int LiteRtGetTensorTypeId(void *tensor, _Out_ int *made)'),
    rankedType: get('int LiteRtGetRankedTensorType(void *tensor, void *made)'),
    quantizationKind: get('int LiteRtGetQuantizationTypeId(void *tensor, _Out_ int *made)'),
    perTensorQuantization: get('int LiteRtGetPerTensorQuantization(void *tensor, void *made)'),
    inputRequirements: get(
      'int LiteRtGetCompiledModelInputBufferRequirements(void *compiled, size_t signature, size_t index, _Out_ void **made)',
    ),
    outputRequirements: get(
      'int LiteRtGetCompiledModelOutputBufferRequirements(void *compiled, size_t signature, size_t index, _Out_ void **made)',
    ),
    createBuffer: get(
      'int LiteRtCreateManagedTensorBufferFromRequirements(void *environment, const void *type, void *requirements, _Out_ void **made)',
    ),
    bufferBytes: get('int LiteRtGetTensorBufferPackedSize(void *buffer, _Out_ size_t *made)'),
    destroyBuffer: get('void LiteRtDestroyTensorBuffer(void *buffer)'),
    lock: get('int LiteRtLockTensorBuffer(void *buffer, _Out_ void **made, int mode)'),
    unlock: get('int LiteRtUnlockTensorBuffer(void *buffer)'),
    run: get(
      'int LiteRtRunCompiledModel(void *compiled, size_t signature, size_t input_count, void **inputs, size_t output_count, void **outputs)',
    ),
  };
  const environment: Made = [null];
  const status = functions.createEnvironment(1, quietEnvironment(), environment);
  if (status !== 0) throw new Error(`LiteRT's environment cannot be made (status ${status})`);
  const keep = register(() => undefined, pointer(proto('void LiteRtFree(void *payload)')));
  return { functions, environment: environment[0], keep, version };
}

/** One LiteRtEnvOption { int tag; LiteRtAny { int type; int64 value } }: the least severity that is logged, where 1 is INFO and 3 ERROR. */
function quietEnvironment(): Uint8Array {
  const [minLoggerSeverity, integer, error] = [25, 2, 3n];
  const option = Buffer.alloc(24);
  option.writeInt32LE(minLoggerSeverity, 0);
  option.writeInt32LE(integer, 8);
  option.writeBigInt64LE(error, 16);
  return option;
}
