import type { LibraryHandle } from 'koffi';
import { koffi } from '../native';

/** Address of something of the library's. */
export type Pointer = bigint;

/** What the library refused to do, in its own words. */
export class OpenvinoRefusal extends Error {}

type Koffi = ReturnType<typeof koffi>;

/** Functions that return a status and functions that free, with the types of what they take; what they give comes last. */
function signaturesOf(native: Koffi) {
  const pointer = native.pointer('void');
  const out = {
    pointer: native.out(native.pointer(pointer)),
    number: native.out(native.pointer('size_t')),
    type: native.out(native.pointer('int')),
  };
  const version = native.struct({ buildNumber: 'const char *', description: 'const char *' });
  const devices = native.struct({ names: 'const char **', size: 'size_t' });
  const shape = native.struct({ rank: 'int64_t', dims: 'int64_t *' });
  const dimension = native.struct({ least: 'int64_t', most: 'int64_t' });
  const partialShape = native.struct({ rank: dimension, dims: native.pointer(dimension) });

  const functions = {
    ov_get_openvino_version: [native.out(native.pointer(version))],
    ov_core_create: [out.pointer],
    ov_core_read_model: [pointer, 'const char *', 'const char *', out.pointer],
    ov_core_read_model_from_memory_buffer: [pointer, pointer, 'size_t', pointer, out.pointer],
    ov_core_get_available_devices: [pointer, native.out(native.pointer(devices))],
    ov_core_get_property: [pointer, 'const char *', 'const char *', out.pointer],
    ov_core_compile_model: [pointer, pointer, 'const char *', 'size_t', out.pointer, '...'],
    ov_model_inputs_size: [pointer, out.number],
    ov_model_outputs_size: [pointer, out.number],
    ov_model_const_input_by_index: [pointer, 'size_t', out.pointer],
    ov_model_const_output_by_index: [pointer, 'size_t', out.pointer],
    ov_model_reshape_by_port_indexes: [pointer, 'const size_t *', native.pointer(partialShape), 'size_t'],
    ov_port_get_any_name: [pointer, out.pointer],
    ov_port_get_element_type: [pointer, out.type],
    ov_port_get_partial_shape: [pointer, native.out(native.pointer(partialShape))],
    ov_compiled_model_get_property: [pointer, 'const char *', out.pointer],
    ov_compiled_model_create_infer_request: [pointer, out.pointer],
    ov_infer_request_set_input_tensor_by_index: [pointer, 'size_t', pointer],
    ov_infer_request_set_output_tensor_by_index: [pointer, 'size_t', pointer],
    ov_infer_request_get_output_tensor_by_index: [pointer, 'size_t', out.pointer],
    ov_infer_request_infer: [pointer],
    ov_tensor_create_from_host_ptr: ['int', shape, pointer, out.pointer],
    ov_tensor_get_shape: [pointer, native.out(native.pointer(shape))],
    ov_tensor_get_byte_size: [pointer, out.number],
    ov_tensor_data: [pointer, out.pointer],
  } as const;

  const releasing = {
    ov_available_devices_free: native.pointer(devices),
    ov_partial_shape_free: native.pointer(partialShape),
    ov_shape_free: native.pointer(shape),
    ov_free: pointer,
    ov_model_free: pointer,
    ov_output_const_port_free: pointer,
    ov_compiled_model_free: pointer,
    ov_infer_request_free: pointer,
    ov_tensor_free: pointer,
  } as const;
  return { functions, releasing, dimension };
}

type Signatures = ReturnType<typeof signaturesOf>;
type StatusFunction = keyof Signatures['functions'];

interface Sized {
  rank: bigint | number;
  dims: Pointer;
}
type Callable = (...values: unknown[]) => unknown;

/** The part of OpenVINO's C interface that Whittle calls (openvino/c/openvino.h of 2026). All of it throws `OpenvinoRefusal`. */
export class OpenvinoLibrary {
  private readonly native = koffi();
  private readonly signatures = signaturesOf(this.native);
  private readonly bound = new Map<string, Callable>();
  private openCore?: Pointer;

  constructor(private readonly library: LibraryHandle) {}

  /** Version and build: "2026.4.1-22982-…". */
  version(): string {
    const found = { buildNumber: '' };
    this.call('ov_get_openvino_version', found);
    return found.buildNumber;
  }

  /** Finds plug-ins and devices, so that all sessions of a process share one. */
  get core(): Pointer {
    return (this.openCore ??= this.take('ov_core_create'));
  }

  call(name: StatusFunction, ...values: unknown[]): void {
    const status = this.function(name, 'int', this.signatures.functions[name])(...values);
    if (status === 0) return;
    const last = this.function('ov_get_last_err_msg', 'const char *', [])() as string | null;
    throw new OpenvinoRefusal(last ?? `${name} answered ${String(status)}`);
  }

  /** What a function gives through its last parameter. */
  take<Result = Pointer>(name: StatusFunction, ...values: unknown[]): Result {
    const given: [Result | null] = [null];
    this.call(name, ...values, given);
    return given[0]!;
  }

  count(name: StatusFunction, ...values: unknown[]): number {
    return Number(this.take<number | bigint>(name, ...values));
  }

  /** A text that the library hands over. */
  text(name: StatusFunction, ...values: unknown[]): string {
    const address = this.take(name, ...values);
    try {
      return this.native.decode(address, 'char', -1) as string;
    } finally {
      this.free('ov_free', address);
    }
  }

  free(name: keyof Signatures['releasing'], value: unknown): void {
    this.function(name, 'void', [this.signatures.releasing[name]])(value);
  }

  deviceNames(): string[] {
    const found = { names: 0n, size: 0 };
    this.call('ov_core_get_available_devices', this.core, found);
    const names = this.native.decode(found.names, this.native.array('const char *', Number(found.size))) as string[];
    this.free('ov_available_devices_free', found);
    return names;
  }

  /** Compiles for a device with properties as text. */
  compile(model: Pointer, device: string, properties: Record<string, string>): Pointer {
    const texts = Object.entries(properties).flat();
    const compiled: [Pointer | null] = [null];
    const variadic = texts.flatMap((text) => ['const char *', text]);
    this.call('ov_core_compile_model', this.core, model, device, texts.length, compiled, ...variadic);
    return compiled[0]!;
  }

  /** Sizes of a port; undefined: any. */
  portShape(port: Pointer): (number | undefined)[] {
    const found = { rank: { least: 0, most: 0 }, dims: 0n };
    this.call('ov_port_get_partial_shape', port, found);
    const { least, most } = found.rank;
    if (least !== most) throw new OpenvinoRefusal('it has a value of no known number of dimensions');
    const rank = Number(least);
    const dims = (
      rank === 0 ? [] : this.native.decode(found.dims, this.native.array(this.signatures.dimension, rank))
    ) as { least: number; most: number }[];
    const sizes = dims.map(({ least: low, most: high }) => (low === high ? Number(low) : undefined));
    this.free('ov_partial_shape_free', found);
    return sizes;
  }

  /** Gives every input of a model these sizes; undefined: any. */
  reshape(model: Pointer, shapes: readonly (readonly (number | undefined)[])[]): void {
    const indexes = shapes.map((_, index) => index);
    const partial = shapes.map((sizes) => ({
      rank: { least: sizes.length, most: sizes.length },
      dims: sizes.map((size) => ({ least: size ?? 0, most: size ?? -1 })),
    }));
    this.call('ov_model_reshape_by_port_indexes', model, indexes, partial, shapes.length);
  }

  tensorShape(tensor: Pointer): number[] {
    const found: Sized = { rank: 0, dims: 0n };
    this.call('ov_tensor_get_shape', tensor, found);
    const rank = Number(found.rank);
    const dims =
      rank === 0 ? [] : [...(this.native.decode(found.dims, this.native.array('int64_t', rank)) as Iterable<bigint>)];
    this.free('ov_shape_free', found);
    return dims.map(Number);
  }

  /** Where an array lies. It stays there for as long as the array lives. */
  address(data: ArrayBufferView): Pointer {
    return this.native.address(data);
  }

  /** What a tensor holds, for as long as it is not freed. */
  tensorBytes(tensor: Pointer): Uint8Array {
    const length = this.count('ov_tensor_get_byte_size', tensor);
    return length === 0
      ? new Uint8Array()
      : new Uint8Array(this.native.view(this.take('ov_tensor_data', tensor), length));
  }

  private function(name: string, result: string, types: readonly unknown[]): Callable {
    let callable = this.bound.get(name);
    if (!callable) {
      callable = this.library.func(name, result, types as never) as Callable;
      this.bound.set(name, callable);
    }
    return callable;
  }
}
