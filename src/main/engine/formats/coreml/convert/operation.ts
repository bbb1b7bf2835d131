import { floatAttribute, intAttribute } from '../../../onnx/attributes';
import { Inexpressible } from '../../from-onnx/inexpressible';
import type { Arguments, MilValue } from '../program-builder';
import type { DataType } from '../schema';
import type { NetworkUnderConversion } from './network-under-conversion';
import type { Node } from '../../../onnx/graph';

/** One ONNX node as its rule sees it. */
export class Operation {
  readonly builder;
  /** What its first output is called: names of all it takes follow it. */
  readonly name: string;

  constructor(
    readonly network: NetworkUnderConversion,
    readonly node: Node,
  ) {
    this.builder = network.builder;
    this.name = node.outputs[0] ?? node.name;
  }

  has(input: number): boolean {
    return (this.node.inputs[input] ?? '') !== '';
  }

  value(input: number): MilValue {
    return this.network.find(this.node.inputs[input] ?? '') ?? this.unsupported(`of ${this.inputType(input)}`);
  }

  inputType(input: number): string {
    return this.network.elementOf(this.node.inputs[input] ?? '');
  }

  /** Numbers of an input that is the same for each image. */
  numbers(input: number): Float32Array | undefined {
    return this.network.numbersOf(this.node.inputs[input] ?? '')?.read();
  }

  integers(input: number): readonly number[] | undefined {
    return this.network.integersOf(this.node.inputs[input] ?? '');
  }

  outputShape(output = 0): number[] {
    return this.network.shapeOf(this.node.outputs[output] ?? '') ?? this.unsupported('of open shape');
  }

  integer(attribute: string, fallback: number): number {
    return intAttribute(this.node, attribute, fallback);
  }

  float(attribute: string, fallback: number): number {
    return floatAttribute(this.node, attribute, fallback);
  }

  /** Counted from the front. */
  axis(axis: number, rank: number): number {
    return axis < 0 ? axis + rank : axis;
  }

  /** Adds an operation that gives the node's first output. */
  emit(type: string, inputs: Arguments, shape: readonly number[] = this.outputShape(), result?: DataType): MilValue {
    return this.builder.emit(type, inputs, { shape, name: this.name, ...(result && { type: result }) });
  }

  integersOf(values: readonly number[], role: string): MilValue {
    return this.builder.integers(values, `${this.name}_${role}`);
  }

  integerOf(value: number, role: string): MilValue {
    return this.builder.integer(value, `${this.name}_${role}`);
  }

  boolean(value: boolean, role: string): MilValue {
    return this.builder.boolean(value, `${this.name}_${role}`);
  }

  text(value: string, role: string): MilValue {
    return this.builder.string(value, `${this.name}_${role}`);
  }

  number(value: number, role: string): MilValue {
    return this.floats(Float32Array.of(value), [], role);
  }

  floats(values: Float32Array, shape: readonly number[], role: string): MilValue {
    return this.builder.floats(values, shape, `${this.name}_${role}`);
  }

  unsupported(why: string): never {
    throw new Inexpressible(`${this.node.op} ${why}`);
  }
}
