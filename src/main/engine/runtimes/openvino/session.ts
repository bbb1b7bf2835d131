import { AppError } from '@shared/errors';
import type { RuntimeTensor, Session } from '../runtime';
import { elementsOf } from '../tensor-memory';
import { CompiledModel, type CompileFor } from './compiled-model';
import { OpenvinoRefusal, type OpenvinoLibrary, type Pointer } from './library';
import { cleanOpenvinoMessage } from './message';
import { portsOf, type Port } from './ports';

const unnamedSize = '?';

/** What the library refused, as the one sentence people read. */
function refusal(code: 'model.runtime-rejected' | 'model.runtime-failed', path: string, thrown: unknown): unknown {
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
    if (this.compiled.isReleased) throw this.refuse('it was closed');
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
    if (!feed) throw this.refuse(`nothing is given for its input "${name}"`);
    if (feed.type !== type) throw this.refuse(`its input "${name}" takes ${type}, not ${feed.type}`);
    const sizes = shape.map((size) => size ?? unnamedSize).join(' x ');
    const fits =
      feed.shape.length === shape.length &&
      shape.every((size, axis) => (size ?? feed.shape[axis]) === feed.shape[axis]);
    if (!fits) throw this.refuse(`its input "${name}" is ${feed.shape.join(' x ')}. Expected: ${sizes}`);
    const count = elementsOf(feed.shape);
    if (feed.data.length !== count)
      throw this.refuse(`its input "${name}" holds ${feed.data.length} numbers instead of ${count}`);
    return feed;
  }

  private refuse(detail: string): AppError {
    return new AppError('model.runtime-failed', { runtime: 'OpenVINO', path: this.path, detail });
  }
}

function readModel(library: OpenvinoLibrary, model: string | Uint8Array): Pointer {
  if (typeof model === 'string') return library.take('ov_core_read_model', library.core, model, null);
  return library.take('ov_core_read_model_from_memory_buffer', library.core, model, model.length, null);
}

function infoByName(ports: readonly Port[]): Session['inputs'] {
  return Object.fromEntries(
    ports.map(({ name, type, shape }) => [name, { type, shape: shape.map((size) => size ?? unnamedSize) }]),
  );
}
