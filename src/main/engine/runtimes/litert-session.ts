import { AppError } from '@shared/errors';
import { litertStatus } from './litert-status';
import type { LitertLibrary, Made, Pointer } from './litert-library';
import { koffi } from './native';
import type { OperatorTime, RuntimeTensor, Session, TensorInfo } from './runtime';
import { cleanRuntimeMessage } from './runtime-message';
import { bytesOf, distinctNames, infoByName, memoryFor, typeOfTflite } from './tensor-memory';

interface Bound {
  name: string;
  info: TensorInfo;
  buffer: Pointer;
  bytes: number;
}

interface Compiled {
  path: string;
  /** The library reads weights from the caller's bytes until the session is closed, so they must not be collected before. */
  file: string | Uint8Array;
  model: Pointer;
  compiled: Pointer;
  /** Frees both and what they read. */
  close(): void;
}

/** The first signature; files without any have one that LiteRT makes up. */
const signature = 0;
const perTensor = 1;
const [toRead, toWrite] = [0, 1];

/** A compiled model of LiteRT with buffers for its inputs and outputs. */
export class LitertSession implements Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputs: Session['inputs'];
  readonly outputs: Session['outputs'];
  private readonly feeds: readonly Bound[];
  private readonly results: readonly Bound[];
  private readonly buffers: Pointer[] = [];
  private isClosed = false;

  /** Throws an Error that says what the library has against the file. */
  constructor(
    private readonly library: LitertLibrary,
    private readonly held: Compiled,
  ) {
    const { functions } = library;
    const made: Made = [null];
    litertStatus(functions.signature(held.model, signature, made));
    const [own] = made;
    try {
      const count: [number] = [0];
      litertStatus(functions.inputCount(own, count));
      this.feeds = this.bind(own, count[0], functions.input, functions.inputRequirements);
      litertStatus(functions.outputCount(own, count));
      this.results = this.bind(own, count[0], functions.output, functions.outputRequirements);
    } catch (thrown) {
      this.free();
      throw thrown;
    }
    this.inputNames = this.feeds.map(({ name }) => name);
    this.outputNames = this.results.map(({ name }) => name);
    this.inputs = infoByName(this.feeds);
    this.outputs = infoByName(this.results);
  }

  async run(
    feeds: Record<string, RuntimeTensor>,
    into?: Record<string, RuntimeTensor>,
  ): Promise<Record<string, RuntimeTensor>> {
    if (this.isClosed) throw this.failure('it was closed');
    const { functions } = this.library;
    try {
      for (const { name, info, buffer, bytes } of this.feeds) {
        const feed = feeds[name];
        if (!feed || feed.type !== info.type || feed.data.byteLength !== bytes)
          throw new Error(`its input "${name}" takes ${info.type} ${info.shape.join(' x ')}`);
        this.locked(buffer, toWrite, bytes, (memory) => memory.set(bytesOf(feed.data)));
      }
      const [inputs, outputs] = [this.feeds, this.results].map((all) => all.map(({ buffer }) => buffer));
      const { compiled } = this.held;
      litertStatus(functions.run(compiled, signature, inputs!.length, inputs!, outputs!.length, outputs!));
      return Object.fromEntries(this.results.map((result) => [result.name, this.read(result, into?.[result.name])]));
    } catch (thrown) {
      throw this.failure(this.messages() || (thrown as Error).message);
    }
  }

  async operatorTimes(): Promise<OperatorTime[]> {
    return [];
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.free();
    this.held.close();
  }

  private free(): void {
    for (const buffer of this.buffers.splice(0)) this.library.functions.destroyBuffer(buffer);
  }

  private read({ info, buffer, bytes }: Bound, into?: RuntimeTensor): RuntimeTensor {
    const memory = into?.type === info.type && into.data.byteLength === bytes ? into : memoryFor(info)!;
    this.locked(buffer, toRead, bytes, (given) => bytesOf(memory.data).set(given));
    return memory;
  }

  private locked(buffer: Pointer, mode: number, bytes: number, use: (memory: Uint8Array) => void): void {
    const { functions } = this.library;
    const made: Made = [null];
    litertStatus(functions.lock(buffer, made, mode));
    try {
      use(new Uint8Array(koffi().view(made[0], bytes)));
    } finally {
      litertStatus(functions.unlock(buffer));
    }
  }

  private bind(
    own: Pointer,
    count: number,
    tensorAt: (signature: Pointer, index: number, made: Made) => number,
    requirementsOf: (compiled: Pointer, signature: number, index: number, made: Made) => number,
  ): Bound[] {
    const { functions, environment } = this.library;
    const tensors = Array.from({ length: count }, (_, index) => {
      const made: Made = [null];
      litertStatus(tensorAt(own, index, made));
      return made[0];
    });
    const names = distinctNames(tensors.map((tensor) => nameOf(this.library, tensor)));
    return tensors.map((tensor, index) => {
      const [name, type] = [names[index]!, rankedType(this.library, tensor)];
      const info = infoOf(this.library, tensor, type);
      const bytes = memoryFor(info)?.data.byteLength;
      if (bytes === undefined) throw new Error(`"${name}" is ${info.type}, which cannot be passed`);
      const made: Made = [null];
      litertStatus(requirementsOf(this.held.compiled, signature, index, made));
      litertStatus(functions.createBuffer(environment, type, made[0], made));
      const [buffer] = made;
      this.buffers.push(buffer);
      const packed: [number] = [0];
      litertStatus(functions.bufferBytes(buffer, packed));
      if (packed[0] !== bytes) throw new Error(`"${name}" should take ${bytes} bytes, its buffer has ${packed[0]}`);
      return { name, info, buffer, bytes };
    });
  }

  private messages(): string {
    const { functions } = this.library;
    const made: [string | null] = [null];
    if (functions.errorMessages(this.held.compiled, made) !== 0) return '';
    functions.clearErrors(this.held.compiled);
    return (made[0] ?? '').trim().split('\n').filter(Boolean).join('; ');
  }

  private failure(message: string): AppError {
    const { path } = this.held;
    const detail = cleanRuntimeMessage(message, path);
    return new AppError('model.runtime-failed', { path, runtime: 'LiteRT', detail });
  }
}

function nameOf({ functions }: LitertLibrary, tensor: Pointer): string {
  const made: [string | null] = [null];
  litertStatus(functions.tensorName(tensor, made));
  return made[0] ?? '';
}

/** LiteRtRankedTensorType { int element; uint32 rank : 7, has_strides : 1; int32 dimensions[8]; uint32 strides[8] }. */
function rankedType({ functions }: LitertLibrary, tensor: Pointer): Buffer {
  const kind: [number] = [0];
  litertStatus(functions.tensorKind(tensor, kind));
  if (kind[0] !== 0) throw new Error('a tensor has no fixed number of dimensions');
  const type = Buffer.alloc(80);
  litertStatus(functions.rankedType(tensor, type));
  return type;
}

/** Microsoft's compiler gives the second bit field a word of its own. */
const firstDimension = process.platform === 'win32' ? 12 : 8;

function infoOf({ functions }: LitertLibrary, tensor: Pointer, type: Buffer): TensorInfo {
  const rank = type[4]! & 127;
  if (rank > 8) throw new Error(`a tensor has ${rank} dimensions`);
  const shape = Array.from({ length: rank }, (_, axis) => type.readInt32LE(firstDimension + 4 * axis));
  if (shape.some((size) => size < 0)) throw new Error('a dimension of an input or output is open; fix it to one image');
  const quantization = quantizationOf(functions, tensor);
  return {
    type: typeOfTflite(type.readInt32LE(0)),
    shape,
    ...(rank === 4 && { layout: 'NHWC' as const }),
    ...(quantization && { quantization }),
  };
}

/** LiteRtQuantizationPerTensor { float scale; int64 zero_point }. */
function quantizationOf(
  { quantizationKind, perTensorQuantization }: LitertLibrary['functions'],
  tensor: Pointer,
): TensorInfo['quantization'] {
  const kind: [number] = [0];
  litertStatus(quantizationKind(tensor, kind));
  if (kind[0] !== perTensor) return undefined;
  const made = Buffer.alloc(16);
  litertStatus(perTensorQuantization(tensor, made));
  return { scale: made.readFloatLE(0), zeroPoint: Number(made.readBigInt64LE(8)) };
}
