import { toFloat16 } from '../../onnx/float16';
import { elementCount } from '../../onnx/graph';
import type { Message } from '../protobuf/message';
import { BlobFile } from './blob-file';
import { dataTypes, type BlobType, type DataType } from './schema';

/** In which numbers a program computes. */
export type Precision = 'FLOAT16' | 'FLOAT32';

/** What an operation gives. */
export interface MilValue {
  name: string;
  type: DataType;
  shape: readonly number[];
}

/** A tensor in the weight file, to be given where an operation takes a value. */
export interface StoredTensor {
  stored: Message;
}

type Argument = MilValue | readonly MilValue[] | StoredTensor;
export type Arguments = Readonly<Record<string, Argument | undefined>>;

interface Result {
  shape: readonly number[];
  /** The program's precision by default. */
  type?: DataType;
  /** What to call it, as far as that is free; as the operation by default. */
  name?: string;
}

const blobPath = '@model_path/weights/weight.bin';
/** Longer constants of floats lie in the weight file. */
const mostImmediate = 10;

/** Operating systems that know an operation, oldest first, each with the version of the file format that came with it. */
const opsets = { CoreML6: 7, CoreML7: 8, CoreML8: 9 } as const;
type Opset = keyof typeof opsets;

/** Words of MIL's text form, which no value may be called. */
const reserved = new Set([
  'any',
  'bool',
  'dict',
  'false',
  'func',
  'list',
  'program',
  'ref',
  'string',
  'tensor',
  'true',
  'tuple',
]);

/** The operations of an ML Program on their way, with the file that holds its weights. */
export class ProgramBuilder {
  readonly blobs = new BlobFile();
  opset: Opset = 'CoreML6';
  private readonly operations: Message[] = [];
  private readonly taken = new Map<string, number>();

  constructor(readonly precision: Precision) {}

  /** It takes operations of this set. */
  needs(opset: Opset): void {
    if (opset > this.opset) this.opset = opset;
  }

  /** A name that nothing has yet, after another one, as MIL takes them: letters, digits and underscores. */
  nameLike(wanted: string): string {
    const plain = wanted.replaceAll(/[^A-Za-z0-9_]/g, '_');
    const legal = /^[A-Za-z_]/.test(plain) && !reserved.has(plain) ? plain : `_${plain}`;
    const count = this.taken.get(legal) ?? 0;
    this.taken.set(legal, count + 1);
    return count === 0 ? legal : this.nameLike(`${legal}_${count}`);
  }

  /** Adds an operation and answers what it gives. @param inputs values by the names that the operation has for them */
  emit(type: string, inputs: Arguments, result: Result): MilValue {
    return this.emitAll(type, inputs, [result])[0]!;
  }

  /** The same for an operation that gives several tensors. */
  emitAll(type: string, inputs: Arguments, results: readonly Result[]): MilValue[] {
    const outputs = results.map((result): MilValue => ({
      name: this.nameLike(result.name ?? type),
      type: result.type ?? this.precision,
      shape: result.shape,
    }));
    this.push(
      type,
      inputs,
      outputs.map((value) => ({ name: value.name, type: tensorType(value) })),
    );
    return outputs;
  }

  /** An operation whose results are not all tensors; their names are taken as they are. */
  push(type: string, inputs: Arguments, outputs: readonly { name: string; type: Message }[]): void {
    const given = Object.entries(inputs).flatMap(([field, value]) =>
      value ? [[field, bindings(value)] as const] : [],
    );
    this.operations.push({
      type,
      inputs: Object.fromEntries(given.map(([field, found]) => [field, { arguments: found }])),
      outputs,
      attributes: { name: text(outputs[0]!.name) },
    });
  }

  integers(values: readonly number[], name: string): MilValue {
    return this.immediate('INT32', [values.length], { ints: { values } }, name);
  }

  integer(value: number, name: string): MilValue {
    return this.immediate('INT32', [], { ints: { values: [value] } }, name);
  }

  boolean(value: boolean, name: string): MilValue {
    return this.immediate('BOOL', [], { bools: { values: [value] } }, name);
  }

  string(value: string, name: string): MilValue {
    return this.immediate('STRING', [], { strings: { values: [value] } }, name);
  }

  /** A byte that is a zero point. */
  code(value: number, type: 'INT8' | 'UINT8', name: string): MilValue {
    return this.immediate(type, [], { bytes: { values: Uint8Array.of(value) } }, name);
  }

  /** Numbers in the precision of the program, or another. */
  floats(values: Float32Array, shape: readonly number[], name: string, type = this.precision): MilValue {
    if (values.length <= mostImmediate) {
      const held = type === 'FLOAT32' ? { floats: { values } } : { bytes: { values: floatBytes(values, type) } };
      return this.immediate(type, shape, held, name);
    }
    const value = { name: this.nameLike(name), type, shape };
    return this.constant(value, this.stored(type, floatBytes(values, type), shape).stored);
  }

  /** Puts a tensor into the weight file. */
  stored(type: BlobType, bytes: Uint8Array, shape: readonly number[]): StoredTensor {
    const offset = this.blobs.add(type, bytes, elementCount(shape));
    return { stored: { type: tensorType({ type, shape }), blobFileValue: { fileName: blobPath, offset } } };
  }

  /** The program's main function. */
  program(inputs: readonly MilValue[], outputs: readonly string[]): Message {
    const { opset, operations } = this;
    const main = {
      inputs: inputs.map((value) => ({ name: value.name, type: tensorType(value) })),
      opset,
      block_specializations: { [opset]: { outputs, operations } },
    };
    return { version: 1, functions: { main } };
  }

  get specificationVersion(): number {
    return opsets[this.opset];
  }

  private immediate(type: DataType, shape: readonly number[], tensor: Message, name: string): MilValue {
    const value = { name: this.nameLike(name), type, shape };
    return this.constant(value, { type: tensorType(value), immediateValue: { tensor } });
  }

  private constant(value: MilValue, held: Message): MilValue {
    this.operations.push({
      type: 'const',
      outputs: [{ name: value.name, type: tensorType(value) }],
      attributes: { val: held, name: text(value.name) },
    });
    return value;
  }
}

function bindings(value: Argument): Message[] {
  if ('stored' in value) return [{ value: value.stored }];
  return ('name' in value ? [value] : value).map(({ name }) => ({ name }));
}

/** The type of a tensor as the file writes it. */
export function tensorType({ type, shape }: Pick<MilValue, 'type' | 'shape'>): Message {
  const dimensions = shape.map((size) => ({ constant: { size } }));
  const { code: dataType } = dataTypes[type];
  return { tensorType: { dataType, ...(shape.length > 0 && { rank: shape.length, dimensions }) } };
}

/** A text as a value. */
export function text(value: string): Message {
  return {
    type: tensorType({ type: 'STRING', shape: [] }),
    immediateValue: { tensor: { strings: { values: [value] } } },
  };
}

/** The bytes of numbers as a type of float holds them. */
export function floatBytes(values: Float32Array, type: Precision): Uint8Array {
  const held = type === 'FLOAT16' ? toFloat16(values) : values;
  return new Uint8Array(held.buffer, held.byteOffset, held.byteLength);
}
