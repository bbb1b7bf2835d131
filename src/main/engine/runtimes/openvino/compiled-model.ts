import type { RuntimeTensor } from '../runtime';
import { bytesOf, elementsOf, memoryFor } from '../tensor-memory';
import { elementCode } from './element-types';
import type { OpenvinoLibrary, Pointer } from './library';
import { portsOf, type Port } from './ports';

export interface CompileFor {
  /** As OpenVINO names it: "CPU". */
  device: string;
  properties: Record<string, string>;
}

/** A tensor of the library's around memory of the caller's; kept while the memory stays the same. */
interface Bound {
  data: RuntimeTensor['data'];
  shape: string;
  tensor: Pointer;
}

/** A model compiled for inputs of these sizes, with the one request that runs it. Throws `OpenvinoRefusal`. */
export class CompiledModel {
  readonly outputs: readonly Port[];
  readonly precision: string;
  private readonly shapes: readonly string[];
  private readonly model: Pointer;
  private readonly request: Pointer;
  private readonly bound = new Map<string, Bound>();
  isReleased = false;

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
    const isSame =
      into?.type === type && String(into.shape) === String(sizes) && into.data.length === elementsOf(sizes);
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
