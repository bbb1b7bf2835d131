import { AppError } from '@shared/errors';
import type { OperatorTime, RuntimeTensor, Session, TensorInfo } from './runtime';
import { cleanRuntimeMessage } from './runtime-message';
import { bytesOf, distinctNames, infoByName, memoryFor, typeOfTflite } from './tensor-memory';
import type { Pointer, TfliteFunctions } from './tflite-library';
import type { TfliteMessages } from './tflite-messages';

interface Held {
  /** Where the file lies, or its bytes, which the interpreter reads for as long as it lives. */
  file: string | Uint8Array;
  messages: TfliteMessages;
  close(): void;
}

interface Bound {
  name: string;
  tensor: Pointer;
  bytes: number;
  info: TensorInfo;
}

/** One interpreter of TensorFlow Lite with its tensors allocated. */
export class TfliteSession implements Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputs: Session['inputs'];
  readonly outputs: Session['outputs'];
  readonly notes: string[] = [];
  private readonly feeds: readonly Bound[];
  private readonly results: readonly Bound[];
  private isClosed = false;

  constructor(
    private readonly library: TfliteFunctions,
    private readonly interpreter: Pointer,
    private readonly held: Held,
  ) {
    this.feeds = this.tensors(library.inputCount(interpreter), library.input);
    this.results = this.tensors(library.outputCount(interpreter), library.output);
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
    for (const { name, tensor, bytes, info } of this.feeds) {
      const feed = feeds[name];
      if (!feed || feed.type !== info.type || feed.data.byteLength !== bytes)
        throw this.failure(`its input "${name}" takes ${info.type} ${info.shape.join(' x ')}`);
      this.check(this.library.copyIn(tensor, bytesOf(feed.data), bytes));
    }
    this.check(this.library.invoke(this.interpreter));
    return Object.fromEntries(this.results.map((result) => [result.name, this.read(result, into?.[result.name])]));
  }

  async operatorTimes(): Promise<OperatorTime[]> {
    return [];
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.held.close();
  }

  /** Shapes are read anew: an operator may decide them while it runs. */
  private read({ name, tensor, info }: Bound, into?: RuntimeTensor): RuntimeTensor {
    const bytes = this.library.tensorBytes(tensor);
    const reusable = into?.type === info.type && into.data.byteLength === bytes ? into : undefined;
    const memory = reusable ?? memoryFor({ ...info, shape: shapeOf(this.library, tensor) });
    if (!memory || memory.data.byteLength !== bytes)
      throw this.failure(`its output "${name}" is ${info.type}, ${bytes} bytes, which cannot be read`);
    this.check(this.library.copyOut(tensor, bytesOf(memory.data), bytes));
    return memory;
  }

  private tensors(count: number, at: (interpreter: Pointer, index: number) => Pointer): Bound[] {
    const pointers = Array.from({ length: count }, (_, index) => at(this.interpreter, index));
    const names = distinctNames(pointers.map((tensor) => this.library.tensorName(tensor) ?? ''));
    return pointers.map((tensor, index) => ({
      name: names[index]!,
      tensor,
      bytes: this.library.tensorBytes(tensor),
      info: infoOf(this.library, tensor),
    }));
  }

  private check(status: number): void {
    if (status !== 0) throw this.failure(this.held.messages.take());
  }

  private failure(message: string): AppError {
    const path = typeof this.held.file === 'string' ? this.held.file : 'the model';
    const detail = cleanRuntimeMessage(message, path);
    return new AppError('model.runtime-failed', { path, runtime: 'TensorFlow Lite', detail });
  }
}

function infoOf(library: TfliteFunctions, tensor: Pointer): TensorInfo {
  const { scale, zero_point: zeroPoint } = library.tensorQuantization(tensor);
  const shape = shapeOf(library, tensor);
  return {
    type: typeOfTflite(library.tensorType(tensor)),
    shape,
    ...(shape.length === 4 && { layout: 'NHWC' as const }),
    ...(scale > 0 && { quantization: { scale, zeroPoint } }),
  };
}

function shapeOf(library: TfliteFunctions, tensor: Pointer): number[] {
  return Array.from({ length: library.tensorRank(tensor) }, (_, axis) => library.tensorSize(tensor, axis));
}
