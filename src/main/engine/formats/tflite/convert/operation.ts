import { quantizeBias } from '../../../compression/algebra/affine-quantization';
import { intAttribute } from '../../../onnx/attributes';
import type { Node, Tensor } from '../../../onnx/graph';
import type { TfliteOption, TfliteType } from '../model';
import type { GraphBuilder, TensorSpec } from './graph-builder';
import { layoutOf } from './layout';
import { channelsLast, numbersOf, place, presentAxes } from './placement';
import { codeOf } from './quantized/codes';
import { kernelCodes } from './quantized/kernel-codes';
import { quantizeTensor } from './requantize';
import { Inexpressible } from '../../from-onnx/inexpressible';
import type { NetworkUnderConversion } from './network-under-conversion';
import { elementsOf, type Constant, type Stored, type Value } from './value';

/** Where the result of an operator goes. */
export interface ResultSpec {
  /** As ONNX sees it. */
  shape: readonly number[];
  /** In which order these axes lie in the tensor; row by row where it is not given. */
  axes?: readonly number[];
  /** The tensor whose type and quantization it has; else those of the node's output. */
  like?: number;
  /** Which output of the node it is. */
  output?: number;
}

type Options = Record<string, TfliteOption>;

/** A node under conversion, with what its rule needs. */
export class Operation {
  constructor(
    private readonly network: NetworkUnderConversion,
    readonly node: Node,
  ) {}

  get builder(): GraphBuilder {
    return this.network.builder;
  }

  get opset(): number {
    return this.network.opset;
  }

  has(input: number): boolean {
    return (this.node.inputs[input] ?? '') !== '';
  }

  input(index: number): Value {
    const value = this.network.find(this.node.inputs[index] ?? '');
    return value ?? this.unsupported(`without input ${index + 1}`);
  }

  /** A value that is no constant, or one that is made a tensor. */
  stored(index: number): Stored {
    const value = this.input(index);
    if (value.kind === 'stored') return value;
    const axes = value.shape.map((_, axis) => axis);
    return { kind: 'stored', shape: value.shape, layout: layoutOf(value.shape), tensor: this.place(value, axes) };
  }

  constant(index: number): Constant | undefined {
    const value = this.has(index) ? this.input(index) : undefined;
    return value?.kind === 'constant' ? value : undefined;
  }

  /** The numbers of an input that is a constant. */
  numbers(index: number): Float32Array | undefined {
    const constant = this.constant(index);
    return constant && numbersOf(constant);
  }

  /** The bias of a layer as numbers; undefined where it has none. */
  biasNumbers(index: number): Float32Array | undefined {
    if (!this.has(index)) return undefined;
    return this.numbers(index) ?? this.unsupported('with a bias that is computed for each image');
  }

  /** The integers of an input that is the same for every image. */
  integers(index: number): readonly number[] | undefined {
    return this.network.integersOf(this.node.inputs[index] ?? '');
  }

  integer = (name: string, fallback: number): number => intAttribute(this.node, name, fallback);

  /** An axis counted from the start. */
  axis(axis: number, rank: number): number {
    const normal = axis < 0 ? axis + rank : axis;
    return normal >= 0 && normal < rank ? normal : this.unsupported(`along axis ${axis} of ${rank}`);
  }

  /** The shape of an output, as ONNX sees it. */
  outputShape(output = 0): number[] {
    return this.network.shapeOf(this.node.outputs[output] ?? '') ?? this.unsupported('of unknown shape');
  }

  /** The tensor of a value with its axes in this order. */
  place(value: Value, axes: readonly number[]): number {
    return place(this.builder, value, axes);
  }

  /** Whether the node's output is of this type. */
  gives(type: TfliteType): boolean {
    return this.network.typeOf(this.node.outputs[0] ?? '').type === type;
  }

  /** The order in which a value's axes lie; with channels last where they are scattered. */
  axesOf(value: Stored): number[] {
    const { length } = value.shape;
    return (
      presentAxes(this.builder, value) ?? (length >= 3 ? channelsLast(length) : value.shape.map((_, axis) => axis))
    );
  }

  /** Adds an operator of one output. @param inputs indices of tensors */
  emit(op: string, inputs: number[], result: ResultSpec, options: Options = {}): Stored {
    return this.emitAll(op, inputs, [result], options)[0]!;
  }

  emitAll(op: string, inputs: number[], results: ResultSpec[], options: Options = {}): Stored[] {
    const tensors = this.builder.emitAll(
      op,
      inputs,
      results.map((result) => kernelCodes(op, this.specOf(result), this.builder.tensors[inputs[0]!])),
      options,
    );
    return results.map(({ shape, axes }, index) => this.storedAs(tensors[index]!, shape, axes));
  }

  storedAs(tensor: number, shape: readonly number[], axes?: readonly number[]): Stored {
    return { kind: 'stored', shape, layout: layoutOf(shape, axes), tensor };
  }

  private specOf({ shape, axes, like, output = 0 }: ResultSpec): TensorSpec {
    const inMemory = axes ? axes.map((axis) => shape[axis]!) : shape;
    const name = this.node.outputs[output] ?? this.node.name;
    if (like !== undefined) return this.builder.like(like, inMemory, name);
    return { name, shape: inMemory, ...this.network.typeOf(name) };
  }

  /** A FLOAT32 constant. */
  floats(values: ArrayLike<number>, shape: readonly number[] = []): number {
    const data = Float32Array.from(values);
    const make = (): Uint8Array => new Uint8Array(data.buffer);
    const spec = { name: `${this.node.name}_numbers`, shape, type: 'FLOAT32' } as const;
    return data.length > 16
      ? this.builder.constant(spec, make)
      : this.builder.once(`floats ${shape.join()}:${data.join()}`, () => this.builder.constant(spec, make));
  }

  /** A constant number in the type and codes of a tensor. */
  numberLike(tensor: number, value: number): number {
    const { type, quantization } = this.builder.tensors[tensor]!;
    if (type !== 'INT8' || !quantization) return this.floats([value]);
    const code = codeOf(value, { type, quantization });
    const [scale, zeroPoint] = [quantization.scale[0]!, quantization.zeroPoint[0]!];
    if (Math.abs((code - zeroPoint) * scale - value) > scale)
      return this.unsupported(`with ${value}, which its codes do not hold`);
    const spec = this.builder.like(tensor, [], `${this.node.name}_number`);
    return this.builder.constant(spec, () => Uint8Array.of(code & 0xff));
  }

  /** The weights of a layer: a constant, as it is stored. */
  weights(index: number): Constant {
    return this.constant(index) ?? this.unsupported('with weights that are computed for each image');
  }

  /**
   * The bias tensor `[outputs]` of a layer: zeros where it has none.
   * @param numbers of the ONNX bias. @param weights with output channels along the axis of their scales
   */
  bias(numbers: Float32Array | undefined, outputs: number, input: number, weights: Constant): number {
    const values = numbers ?? new Float32Array(outputs);
    const { quantization } = this.builder.tensors[input]!;
    const name = `${this.node.name}_bias`;
    if (!quantization || !weights.quantization)
      return this.network.floatConstant(name, [outputs], values, weights.isHalf === true);
    const scale = weights.quantization.scale.map((each) => Math.fround(each * quantization.scale[0]!));
    const codes = quantizeBias(values, quantization.scale[0]!, Float32Array.from(weights.quantization.scale));
    const zeroPoint = scale.map(() => 0);
    const spec = { name, shape: [outputs], type: 'INT32', quantization: { scale, zeroPoint, axis: 0 } } as const;
    return this.builder.constant(spec, () => new Uint8Array(codes.buffer));
  }

  /**
   * The activation that follows as the only reader and that the operator can compute itself: its name in the schema. The node's output is
   * then the activation's.
   */
  activation(): string {
    return this.network.absorbActivation(this.node);
  }

  /** Takes over `next`, the only reader of this node's output: the node's output is then that of `next`. */
  absorb(next: Node): void {
    this.network.absorb(this.node, next);
  }

  /** Whether the layer's weights came in half precision. */
  get isHalfLayer(): boolean {
    return this.network.isHalfLayer(this.node);
  }

  /** Tensors of the codes that the node's output has, where it has any: operators that only move codes need them equal. */
  sameCodes(tensors: number[]): number[] {
    const wanted = this.network.typeOf(this.node.outputs[0]!);
    if (!wanted.quantization) return tensors;
    return tensors.map((tensor) =>
      quantizeTensor(this.builder, tensor, wanted, `${this.builder.tensors[tensor]!.name}_as_result`),
    );
  }

  /** The only node that reads this node's output. */
  next(): Node | undefined {
    return this.network.nextOf(this.node);
  }

  initializer(name: string): Tensor | undefined {
    return this.network.initializer(name);
  }

  find(name: string): Value | undefined {
    return this.network.find(name);
  }

  unsupported(detail = ''): never {
    throw new Inexpressible(detail === '' ? this.node.op : `${this.node.op} ${detail}`);
  }

  /** Elements of a value. */
  count = (value: Value): number => elementsOf(value.shape);
}
