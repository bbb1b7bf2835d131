import type { ElementType, Node } from '../../../onnx/graph';
import { indexGraph, type GraphIndex } from '../../../onnx/graph-index';
import type { TfliteGraph, TfliteType } from '../model';
import { fusedActivation } from '../../from-onnx/fused-activation';
import { GraphBuilder } from './graph-builder';
import { layoutOf } from './layout';
import { Operation } from './operation';
import { channelsLast, place, placeConstant } from './placement';
import type { Prepared } from '../../from-onnx/prepare';
import { Inexpressible } from '../../from-onnx/inexpressible';
import { KnownValues } from '../../from-onnx/known-values';
import type { NetworkUnderConversion } from './network-under-conversion';
import type { ConversionRule } from './rule';
import { rules } from './rules';
import { quantizeTo } from './requantize';
import { holdsExactly } from './half-exact';
import type { Constant, Stored, Value, ValueType } from './value';

const typeOfElements: Partial<Record<ElementType, TfliteType>> = {
  float32: 'FLOAT32',
  int64: 'INT64',
  int32: 'INT32',
  uint8: 'UINT8',
  int8: 'INT8',
  bool: 'BOOL',
};

/** A network on its way: values that have a tensor already, and the graph that is being built. */
export class Conversion extends KnownValues implements NetworkUnderConversion {
  readonly builder = new GraphBuilder();
  /** Operators that cannot be expressed, each once. */
  readonly inexpressible = new Set<string>();
  private readonly values = new Map<string, Value>();
  private readonly index: GraphIndex;
  private readonly absorbed = new Set<Node>();
  /** Values behind operators that cannot be expressed, of unknown shape. */
  private readonly unknown = new Set<string>();

  /** @param types what values hold that are not plain numbers of their ONNX type, by name: codes */
  constructor(
    private readonly prepared: Prepared,
    private readonly types: ReadonlyMap<string, ValueType> = new Map(),
  ) {
    super(prepared.graph);
    this.index = indexGraph(this.graph);
  }

  /** Converts all nodes. */
  run(): void {
    this.feed();
    for (const node of this.graph.nodes) if (!this.absorbed.has(node)) this.convertNode(node);
  }

  /** The graph, its tensors named as the ONNX values that go in and come out. */
  finish(): TfliteGraph {
    const inputs = this.graph.inputs.map(({ name }) => (this.values.get(name) as Stored).tensor);
    const outputs = this.graph.outputs.map(({ name }) => this.outputTensor(name, inputs));
    return this.builder.finish(this.graph.name, inputs, outputs);
  }

  find(name: string): Value | undefined {
    return this.values.get(name) ?? this.constantOf(name);
  }

  typeOf(name: string): ValueType {
    const given = this.types.get(name);
    if (given) return given;
    const element = this.elementOf(name);
    const type = typeOfElements[element];
    if (!type) throw new Inexpressible(`values of type ${element}`);
    return { type };
  }

  floatConstant(name: string, shape: number[], values: Float32Array, isHalf: boolean): number {
    const constant: Constant = { kind: 'constant', name, shape, type: 'FLOAT32', data: () => values };
    if (isHalf && holdsExactly(values)) constant.isHalf = true;
    return placeConstant(this.builder, constant, `${name} ${this.builder.tensors.length}`);
  }

  isHalfLayer(node: Node): boolean {
    return this.prepared.halfLayers.has(node.name);
  }

  nextOf(node: Node): Node | undefined {
    // Codes that the network names are what the operator gives.
    const next = this.types.has(node.outputs[0] ?? '') ? undefined : this.index.soleConsumer(node.outputs[0] ?? '');
    return next && next.domain === '' && !this.absorbed.has(next) ? next : undefined;
  }

  absorb(node: Node, next: Node): void {
    this.absorbed.add(next);
    node.outputs = [next.outputs[0]!];
  }

  absorbActivation(node: Node): string {
    const next = this.nextOf(node);
    const activation = next && fusedActivation(next, this.opset, (name) => this.graph.initializers.get(name));
    if (!next || !activation) return 'NONE';
    this.absorb(node, next);
    return activation;
  }

  private feed(): void {
    for (const { name } of this.graph.inputs) {
      const shape = this.shapeOf(name);
      if (!shape) throw new Inexpressible('an input of open shape');
      const axes = shape.length === 4 && this.prepared.inputLayout === 'NCHW' ? channelsLast(4) : undefined;
      const inMemory = axes ? axes.map((axis) => shape[axis]!) : shape;
      const tensor = this.builder.tensor({ name, shape: inMemory, ...this.typeOf(name) });
      this.values.set(name, { kind: 'stored', shape, layout: layoutOf(shape, axes), tensor });
    }
  }

  private convertNode(node: Node): void {
    const missing = node.inputs.find((input) => input !== '' && !this.find(input));
    if (missing !== undefined) return this.lacks(node, missing);
    try {
      const rule: ConversionRule | undefined =
        node.domain === '' && Object.hasOwn(rules, node.op) ? rules[node.op] : undefined;
      if (!rule) throw new Inexpressible(node.domain === '' ? node.op : `${node.domain}.${node.op}`);
      const results = rule(new Operation(this, node));
      (Array.isArray(results) ? results : [results]).forEach((result, index) => this.give(node.outputs[index], result));
    } catch (thrown) {
      if (!(thrown instanceof Inexpressible)) throw thrown;
      this.inexpressible.add(thrown.operator);
      node.outputs.forEach((output) => this.giveUnknown(output));
    }
  }

  private give(name: string | undefined, value: Value | undefined): void {
    if (name === undefined || name === '' || !value) return;
    this.values.set(name, quantizeTo(this.builder, value, this.types.get(name), name));
  }

  /** What follows an operator that failed is judged only where the shape of its result is known. */
  private lacks(node: Node, missing: string): void {
    const source = this.index.producer(missing);
    const type = this.graph.initializers.get(missing)?.type;
    if (!this.unknown.has(missing))
      this.inexpressible.add(source ? `the further outputs of ${source.op}` : `${node.op} of ${type ?? 'nothing'}`);
    for (const output of node.outputs) this.unknown.add(output);
  }

  private giveUnknown(name: string): void {
    const shape = name === '' ? undefined : this.shapeOf(name);
    if (!shape) {
      this.unknown.add(name);
      return;
    }
    const tensor = this.builder.tensor({ name, shape, type: 'FLOAT32' });
    this.values.set(name, { kind: 'stored', shape, layout: layoutOf(shape), tensor });
  }

  private constantOf(name: string): Constant | undefined {
    const tensor = this.graph.initializers.get(name);
    const type = tensor && typeOfElements[tensor.type];
    if (!tensor || !type) return undefined;
    const constant: Constant = { kind: 'constant', name, shape: tensor.shape, type, data: () => tensor.data };
    this.values.set(name, constant);
    return constant;
  }

  /** Of an image-like output the channels are last, as in the input; all others are row by row. */
  private outputTensor(name: string, inputs: number[]): number {
    const value = this.find(name);
    if (!value) throw new Inexpressible(`an output "${name}" that nothing computes`);
    const { length } = value.shape;
    const axes = length === 4 ? channelsLast(4) : value.shape.map((_, axis) => axis);
    let tensor = place(this.builder, value, axes);
    const { builder } = this;
    if (builder.isConstant(tensor) || inputs.includes(tensor)) {
      const { shape } = builder.tensors[tensor]!;
      tensor = builder.emit('RESHAPE', [tensor, builder.integers(shape)], builder.like(tensor, shape), {
        newShape: shape,
      });
    }
    builder.rename(tensor, name);
    return tensor;
  }
}
