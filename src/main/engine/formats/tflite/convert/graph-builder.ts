import type { TfliteGraph, TfliteOperator, TfliteOption, TfliteQuantization, TfliteTensor, TfliteType } from '../model';
import { optionsOf } from '../schema/operators';
import { Inexpressible } from '../../from-onnx/inexpressible';
import { operatorVersion } from './operator-version';
import { elementsOf } from './value';

/** Sizes are int32 in the file, and runtimes count elements so. */
const mostElements = 2 ** 31 - 1;

/** What a tensor is, before it has an index. */
export interface TensorSpec {
  name: string;
  shape: readonly number[];
  type: TfliteType;
  quantization?: TfliteQuantization;
}

/** Collects the tensors and operators of a TensorFlow Lite graph. It does not care whether they hold numbers or codes. */
export class GraphBuilder {
  readonly tensors: TfliteTensor[] = [];
  readonly operators: TfliteOperator[] = [];
  /** What a RESHAPE was made of, so that another shape is made of that. */
  readonly shapedFrom = new Map<number, number>();
  private readonly makers = new Map<number, () => Uint8Array>();
  private readonly shared = new Map<string, number>();
  private readonly names = new Set<string>();
  private readonly producers = new Map<number, TfliteOperator>();

  /** A tensor that an operator computes or the caller feeds. Throws `Inexpressible` where it would have no element, or too many. */
  tensor({ name, shape, type, quantization }: TensorSpec): number {
    if (!shape.every((size) => Number.isInteger(size) && size > 0) || elementsOf(shape) > mostElements)
      throw new Inexpressible(`values of the shape ${shape.slice(0, 8).join(' x ')}`);
    const tensor: TfliteTensor = { name: this.unique(name), shape: [...shape], type };
    if (quantization) tensor.quantization = quantization;
    return this.tensors.push(tensor) - 1;
  }

  /** A tensor of the file; `make` gives its bytes, little endian, when the file is written. */
  constant(spec: TensorSpec, make: () => Uint8Array): number {
    const index = this.tensor(spec);
    this.makers.set(index, make);
    return index;
  }

  /** A small INT32 constant: axes, shapes, pads. Equal ones are one. */
  integers(values: readonly number[], shape: readonly number[] = [values.length]): number {
    return this.once(`${shape.join('x')}:${values.join()}`, () =>
      this.constant({ name: 'integers', shape, type: 'INT32' }, () => new Uint8Array(Int32Array.from(values).buffer)),
    );
  }

  /** The tensor made for `key`, made at the first call. */
  once(key: string, make: () => number): number {
    const known = this.shared.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.shared.set(key, made);
    return made;
  }

  isConstant(tensor: number): boolean {
    return this.makers.has(tensor);
  }

  /** The operator that computes a tensor; undefined for constants and what the caller feeds. */
  producer(tensor: number): TfliteOperator | undefined {
    return this.producers.get(tensor);
  }

  /** Adds an operator and returns the indices of its outputs. @param inputs indices of tensors, -1: left out */
  emitAll(op: string, inputs: number[], outputs: TensorSpec[], options: Record<string, TfliteOption> = {}): number[] {
    const made = outputs.map((output) => this.tensor(output));
    const at = (index: number): TfliteTensor | undefined => this.tensors[index];
    const version = operatorVersion(op, inputs.map(at), options);
    const operator = { op, version, inputs, outputs: made, ...(optionsOf.get(op) !== undefined && { options }) };
    this.operators.push(operator);
    for (const output of made) this.producers.set(output, operator);
    return made;
  }

  emit(op: string, inputs: number[], output: TensorSpec, options: Record<string, TfliteOption> = {}): number {
    return this.emitAll(op, inputs, [output], options)[0]!;
  }

  /** What `tensor` is, with another shape and name: what moves codes does not change what they stand for. */
  like(tensor: number, shape: readonly number[], name = this.tensors[tensor]!.name): TensorSpec {
    const { type, quantization } = this.tensors[tensor]!;
    return { name, shape, type, ...(quantization && { quantization }) };
  }

  /** Gives a tensor this name; another one of that name gets a new one. */
  rename(tensor: number, name: string): void {
    const other = this.tensors.findIndex((each) => each.name === name);
    if (other === tensor) return;
    if (other >= 0) this.tensors[other]!.name = this.unique(name);
    this.names.add(name);
    this.tensors[tensor]!.name = name;
  }

  /** The graph of all that the outputs depend on, with its constants made. */
  finish(name: string, inputs: number[], outputs: number[]): TfliteGraph {
    const live = new Set([...inputs, ...outputs]);
    const operators = [...this.operators]
      .reverse()
      .filter((operator) => {
        const isLive = operator.outputs.some((output) => live.has(output));
        if (isLive) for (const index of [...operator.inputs, ...operator.outputs]) live.add(index);
        return isLive;
      })
      .reverse();
    const kept = this.tensors.map((_, index) => index).filter((index) => live.has(index));
    const places = new Map(kept.map((index, place) => [index, place]));
    const placed = (indices: readonly number[]): number[] => indices.map((index) => places.get(index) ?? -1);
    return {
      name,
      tensors: kept.map((index) => this.made(index)),
      operators: operators.map((each) => ({ ...each, inputs: placed(each.inputs), outputs: placed(each.outputs) })),
      inputs: placed(inputs),
      outputs: placed(outputs),
    };
  }

  private made(index: number): TfliteTensor {
    const make = this.makers.get(index);
    return make ? { ...this.tensors[index]!, data: make() } : this.tensors[index]!;
  }

  private unique(name: string): string {
    let free = name;
    for (let suffix = 2; this.names.has(free); suffix++) free = `${name}_${suffix}`;
    this.names.add(free);
    return free;
  }
}
