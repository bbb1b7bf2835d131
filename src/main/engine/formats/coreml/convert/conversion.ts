import { intAttribute } from '../../../onnx/attributes';
import { elementCount, type Graph, type Node } from '../../../onnx/graph';
import { indexGraph, type GraphIndex } from '../../../onnx/graph-index';
import { Inexpressible } from '../../from-onnx/inexpressible';
import { KnownValues } from '../../from-onnx/known-values';
import type { MilValue, ProgramBuilder } from '../program-builder';
import { decodeCodes } from '../../../compression/algebra/decode-codes';
import { emitWeights } from './emit-weights';
import type { NetworkUnderConversion, Numbers } from './network-under-conversion';
import { Operation } from './operation';
import { rules } from './rules';
import { storedForm, type LayerWeights, type StoredForm } from './weights';
import { layerWeights, type PackedLayers } from './layer-weights';

/** What became of the weights of one layer. */
export interface ConvertedWeights {
  /** As the ONNX file calls them. */
  name: string;
  /** As the program calls them. */
  value: string;
  form: StoredForm;
}

/** A network on its way into a program. Images lie as in ONNX, so a rule is little more than the names of operations. */
export class Conversion extends KnownValues implements NetworkUnderConversion {
  /** Operators that cannot be expressed, each once. */
  readonly inexpressible = new Set<string>();
  readonly weights: ConvertedWeights[] = [];
  private readonly values = new Map<string, MilValue>();
  private readonly placed = new Map<string, MilValue>();
  private readonly index: GraphIndex;

  /** @param packed which weights the ONNX file stores in a form of fewer bytes. @param isDry asks only whether all can be expressed */
  constructor(
    readonly builder: ProgramBuilder,
    graph: Graph,
    private readonly packed: PackedLayers,
    private readonly isDry = false,
  ) {
    super(graph);
    this.index = indexGraph(graph);
  }

  /** Converts all nodes. @param input the value that the network's image has */
  run(input: MilValue): void {
    this.values.set(this.graph.inputs[0]!.name, input);
    for (const node of this.graph.nodes) this.convertNode(node);
  }

  /** The value that became of one of the graph's. */
  result(name: string): MilValue {
    return this.find(name) ?? this.missing(name);
  }

  find(name: string): MilValue | undefined {
    return this.values.get(name) ?? this.constant(name);
  }

  numbersOf(name: string): Numbers | undefined {
    const tensor = this.graph.initializers.get(name);
    if (tensor?.type === 'float32') return { shape: tensor.shape, read: () => tensor.data as Float32Array };
    const node = this.index.producer(name);
    if (!node || !isDecoder(node)) return undefined;
    const [codes, scale] = node.inputs.map((input) => this.graph.initializers.get(input));
    if (!codes || scale?.type !== 'float32') return undefined;
    const zero = this.graph.initializers.get(node.inputs[2] ?? '');
    const steps = { scale: scale.data as Float32Array, zero: zero?.data ?? [0] };
    const axis = intAttribute(node, 'axis', 1);
    const inner = elementCount(codes.shape.slice(axis < 0 ? codes.shape.length + axis + 1 : axis + 1));
    return { shape: codes.shape, read: () => decodeCodes(codes.data, steps, inner) };
  }

  /** Weights of a layer, output channels first. @param channelAxis where the ONNX file has these */
  layerWeights(node: Node, channelAxis: number): MilValue {
    const name = node.inputs[1] ?? '';
    const key = `${name} ${channelAxis}`;
    const known = this.placed.get(key);
    if (known) return known;
    const found = layerWeights(this.graph, this.index, this.packed, node, channelAxis);
    if (!found) throw new Inexpressible('weights that are computed for each image');
    const value = this.isDry
      ? { name, type: this.builder.precision, shape: found.shape }
      : this.placeWeights(name, found.read());
    this.placed.set(key, value);
    return value;
  }

  private placeWeights(name: string, weights: LayerWeights): MilValue {
    const form = storedForm(weights, this.builder.precision);
    const value = emitWeights(this.builder, form, weights.shape, name);
    this.weights.push({ name, value: value.name, form });
    return value;
  }

  private constant(name: string): MilValue | undefined {
    const numbers = this.numbersOf(name);
    if (!numbers) return undefined;
    const value = this.isDry
      ? { name, type: this.builder.precision, shape: numbers.shape }
      : this.builder.floats(numbers.read(), numbers.shape, name);
    this.values.set(name, value);
    return value;
  }

  private missing(name: string): never {
    throw new Inexpressible(`a value "${name}" that nothing computes`);
  }

  private convertNode(node: Node): void {
    // Codes that stand for constants are read by those who take these.
    if (isDecoder(node) && this.graph.initializers.has(node.inputs[0]!)) return;
    // Constants of shapes and bounds are read where they are known.
    if (node.outputs.every((output) => output === '' || this.integersOf(output))) return;
    try {
      const rule = node.domain === '' && Object.hasOwn(rules, node.op) ? rules[node.op] : undefined;
      if (!rule) throw new Inexpressible(node.domain === '' ? node.op : `${node.domain}.${node.op}`);
      const results = rule(new Operation(this, node));
      (Array.isArray(results) ? results : [results]).forEach((value, at) => this.give(node.outputs[at], value));
    } catch (thrown) {
      if (!(thrown instanceof Inexpressible)) throw thrown;
      this.inexpressible.add(thrown.operator);
      // What follows is judged as if it had been expressed, as far as shapes are known.
      for (const output of node.outputs) {
        const shape = this.shapeOf(output);
        if (shape) this.give(output, { name: output, type: this.builder.precision, shape });
      }
    }
  }

  private give(name: string | undefined, value: MilValue | undefined): void {
    if (name && value) this.values.set(name, value);
  }
}

const isDecoder = ({ op, domain }: Node): boolean => op === 'DequantizeLinear' && domain === '';
