import { AppError } from '@shared/errors';
import type { RuntimeTensor, Session } from '../runtime';
import { bytesOf, elementsOf, memoryFor } from '../tensor-memory';
import { elementCode, elementType } from './element-types';
import { OpenvinoRefusal, type OpenvinoLibrary, type Pointer } from './library';
import { cleanOpenvinoMessage } from './message';

/** What a model takes or gives. */
interface Port {
  name: string;
  type: RuntimeTensor['type'];
  /** undefined: any size. */
  shape: (number | undefined)[];
}

export interface CompileFor {
  /** As OpenVINO names it: "CPU". */
  device: string;
  properties: Record<string, string>;
}

const unnamedSize = '?';

/** What the library refused, as the one sentence people read. */
export function refusal(
  code: 'model.runtime-rejected' | 'model.runtime-failed',
  path: string,
  thrown: unknown,
): unknown {
  if (!(thrown instanceof OpenvinoRefusal)) return thrown;
  const detail = cleanOpenvinoMessage(thrown.message, path);
  return new AppError(code, { runtime: 'OpenVINO', path, detail }, { cause: thrown });
}

/**
 * A model compiled for inputs of fixed sizes, as it would be deployed: open sizes are those of the first run, and another size compiles it
 * anew. Tensors lie where the caller has them; nothing is copied but outputs whose size only the run decides.
 */
export class OpenvinoSession implements Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputs: Session['inputs'];
  readonly outputs: Session['outputs'];
  private readonly inputPorts: readonly Port[];
  private compiled: CompiledModel;

  private constructor(
    private readonly library: OpenvinoLibrary,
    private readonly model: string | Uint8Array,
    private readonly path: string,
    private readonly compileFor: CompileFor,
    read: Pointer,
  ) {
    try {
      this.inputPorts = portsOf(library, read, 'input');
      const outputs = portsOf(library, read, 'output');
      [this.inputs, this.outputs] = [this.inputPorts, outputs].map(infoByName) as [
        Session['inputs'],
        Session['inputs'],
      ];
      this.outputNames = outputs.map(({ name }) => name);
      this.inputNames = this.inputPorts.map(({ name }) => name);
      // Of open sizes the first is the batch, and the usual one is a single image.
      const shapes = this.inputPorts.map(({ shape }) =>
        shape.map((size, axis) => size ?? (axis === 0 ? 1 : undefined)),
      );
      this.compiled = new CompiledModel(library, read, shapes, compileFor);
    } finally {
      library.free('ov_model_free', read);
    }
  }

  /** Throws `model.runtime-rejected`. */
  static open(library: OpenvinoLibrary, model: string | Uint8Array, compileFor: CompileFor): OpenvinoSession {
    const path = typeof model === 'string' ? model : 'the model';
    try {
      return new OpenvinoSession(library, model, path, compileFor, readModel(library, model));
    } catch (thrown) {
      throw refusal('model.runtime-rejected', path, thrown);
    }
  }

  /** In which floating-point numbers it computes, as the device says: "f32", "bf16", "f16". */
  get precision(): string {
    return this.compiled.precision;
  }

  async run(
    feeds: Record<string, RuntimeTensor>,
    into?: Record<string, RuntimeTensor>,
  ): Promise<Record<string, RuntimeTensor>> {
    const fed = this.inputPorts.map((port) => this.checkedFeed(port, feeds[port.name]));
    try {
      const shapes = fed.map(({ shape }) => shape);
      if (!this.compiled.takes(shapes)) this.compileAgain(shapes);
      return this.compiled.run(fed, into);
    } catch (thrown) {
      throw refusal('model.runtime-failed', this.path, thrown);
    }
  }

  /** OpenVINO's own profile is of its fused graph; nothing asks for it yet. */
  async operatorTimes(): Promise<[]> {
    return [];
  }

  async close(): Promise<void> {
    this.compiled.release();
  }

  private compileAgain(shapes: (readonly number[])[]): void {
    const read = readModel(this.library, this.model);
    try {
      const compiled = new CompiledModel(this.library, read, shapes, this.compileFor);
      this.compiled.release();
      this.compiled = compiled;
    } finally {
      this.library.free('ov_model_free', read);
    }
  }

  /** Throws `model.runtime-failed`: the library reads as many bytes as the shape says. */
  private checkedFeed({ name, type, shape }: Port, feed: RuntimeTensor | undefined): RuntimeTensor {
    const refuse = (detail: string): AppError =>
      new AppError('model.runtime-failed', { runtime: 'OpenVINO', path: this.path, detail });
    if (!feed) throw refuse(`nothing is given for its input "${name}"`);
    if (feed.type !== type) throw refuse(`its input "${name}" takes ${type}, not ${feed.type}`);
    const sizes = shape.map((size) => size ?? unnamedSize).join(' x ');
    const fits =
      feed.shape.length === shape.length &&
      shape.every((size, axis) => (size ?? feed.shape[axis]) === feed.shape[axis]);
    if (!fits) throw refuse(`its input "${name}" is ${feed.shape.join(' x ')}. Expected: ${sizes}`);
    const count = elementsOf(feed.shape);
    if (feed.data.length !== count)
      throw refuse(`its input "${name}" holds ${feed.data.length} numbers instead of ${count}`);
    return feed;
  }
}

function readModel(library: OpenvinoLibrary, model: string | Uint8Array): Pointer {
  if (typeof model === 'string') return library.take('ov_core_read_model', library.core, model, null);
  return library.take('ov_core_read_model_from_memory_buffer', library.core, model, model.length, null);
}

function portsOf(library: OpenvinoLibrary, model: Pointer, side: 'input' | 'output'): Port[] {
  const count = library.count(`ov_model_${side}s_size`, model);
  return Array.from({ length: count }, (_, index) => {
    const port = library.take(`ov_model_const_${side}_by_index`, model, index);
    try {
      const name = library.text('ov_port_get_any_name', port);
      const code = library.take<number>('ov_port_get_element_type', port);
      const type = elementType(code);
      if (!type)
        throw new OpenvinoRefusal(`its ${side} "${name}" has elements of a kind that is not used here (${code})`);
      return { name, type, shape: library.portShape(port) };
    } finally {
      library.free('ov_output_const_port_free', port);
    }
  });
}

function infoByName(ports: readonly Port[]): Session['inputs'] {
  return Object.fromEntries(
    ports.map(({ name, type, shape }) => [name, { type, shape: shape.map((size) => size ?? unnamedSize) }]),
  );
}

/** A tensor of the library's around memory of the caller's; kept while the memory stays the same. */
interface Bound {
  data: RuntimeTensor['data'];
  shape: string;
  tensor: Pointer;
}

class CompiledModel {
  readonly outputs: readonly Port[];
  readonly precision: string;
  private readonly shapes: readonly string[];
  private readonly model: Pointer;
  private readonly request: Pointer;
  private readonly bound = new Map<string, Bound>();
  private isReleased = false;

  constructor(
    private readonly library: OpenvinoLibrary,
    read: Pointer,
    shapes: readonly (readonly (number | undefined)[])[],
    { device, properties }: CompileFor,
  ) {
    library.reshape(read, shapes);
    this.shapes = shapes.map(String);
    this.outputs = portsOf(library, read, 'output');
    this.model = library.compile(read, device, properties);
    try {
      this.precision = library.text('ov_compiled_model_get_property', this.model, 'INFERENCE_PRECISION_HINT');
      this.request = library.take('ov_compiled_model_create_infer_request', this.model);
    } catch (thrown) {
      library.free('ov_compiled_model_free', this.model);
      throw thrown;
    }
  }

  takes(shapes: readonly (readonly number[])[]): boolean {
    return shapes.every((shape, index) => String(shape) === this.shapes[index]);
  }

  run(feeds: readonly RuntimeTensor[], into: Record<string, RuntimeTensor> = {}): Record<string, RuntimeTensor> {
    feeds.forEach((feed, index) => this.bind('input', index, feed));
    const given = this.outputs.map((port, index) => this.bindOutput(port, index, into[port.name]));
    this.library.call('ov_infer_request_infer', this.request);
    return Object.fromEntries(
      this.outputs.map((port, index) => [port.name, given[index] ?? this.copyOutput(port, index)]),
    );
  }

  release(): void {
    if (this.isReleased) return;
    this.isReleased = true;
    this.library.free('ov_infer_request_free', this.request);
    for (const { tensor } of this.bound.values()) this.library.free('ov_tensor_free', tensor);
    this.bound.clear();
    this.library.free('ov_compiled_model_free', this.model);
  }

  /** Has an output written to `into` or to new memory; undefined where only the run decides its size. */
  private bindOutput({ type, shape }: Port, index: number, into: RuntimeTensor | undefined): RuntimeTensor | undefined {
    if (shape.includes(undefined)) return undefined;
    const sizes = shape as number[];
    const isSame = into?.type === type && String(into.shape) === String(sizes);
    const output = isSame ? into : memoryFor({ type, shape: sizes })!;
    this.bind('output', index, output);
    return output;
  }

  private bind(side: 'input' | 'output', index: number, { type, shape, data }: RuntimeTensor): void {
    const key = `${side} ${index}`;
    const before = this.bound.get(key);
    if (before?.data === data && before.shape === String(shape)) return;
    const dims = BigInt64Array.from(shape, BigInt);
    const size = { rank: shape.length, dims };
    const tensor = this.library.take(
      'ov_tensor_create_from_host_ptr',
      elementCode(type),
      size,
      this.library.address(data),
    );
    this.library.call(`ov_infer_request_set_${side}_tensor_by_index`, this.request, index, tensor);
    if (before) this.library.free('ov_tensor_free', before.tensor);
    // With the numbers: memory that the library writes to must not be collected.
    this.bound.set(key, { data, shape: String(shape), tensor });
  }

  private copyOutput({ type }: Port, index: number): RuntimeTensor {
    const tensor = this.library.take('ov_infer_request_get_output_tensor_by_index', this.request, index);
    try {
      const output = memoryFor({ type, shape: this.library.tensorShape(tensor) })!;
      bytesOf(output.data).set(this.library.tensorBytes(tensor));
      return output;
    } finally {
      this.library.free('ov_tensor_free', tensor);
    }
  }
}
