import type { Graph, Node } from '../../../../onnx/graph';
import { copyGraph } from '../../../../onnx/graph';
import { FreshNames } from '../../../../onnx/fresh-names';
import { indexGraph, type GraphIndex } from '../../../../onnx/graph-index';
import { float32Tensor, int8Tensor, makeNode } from '../../../../onnx/make';
import { removeDead } from '../../../../onnx/remove-dead';
import { inferShapes } from '../../../../onnx/shapes';
import type { ValueType } from '../value';
import { clipBounds, fusedActivation } from '../../../from-onnx/fused-activation';
import { Inexpressible } from '../../../from-onnx/inexpressible';
import { saidType } from '../../../../onnx/said-type';
import { codesOf, isConversion, rangeClips, sameCodes, type Codes } from './codes';
import { codedInputs, fusingOperators, movingOperators } from './integer-operators';
import { spellOutConversions } from './spell-out-conversions';

/** A network whose operators read and give codes where they can. */
export interface IntegerNetwork {
  graph: Graph;
  /** Codes of values, by name. */
  types: Map<string, ValueType>;
}

/** Where the codes of an operator's output go. */
interface End {
  /** The QuantizeLinear that gives the operator its codes. */
  quantize: Node;
  /** A Relu or Clip in between. */
  activation?: Node;
  /** More QuantizeLinear of the same value. */
  others: Node[];
}

class IntegerNetworkWriter {
  private readonly types = new Map<string, ValueType>();
  private readonly nodes: Node[] = [];
  private readonly index: GraphIndex;
  private readonly names: FreshNames;
  private readonly graph: Graph;
  private readonly done = new Set<Node>();
  /** Inputs of codes, as int8. */
  private readonly taken = new Map<string, string>();
  /** Codes of a float value that no DequantizeLinear gives. */
  private readonly aliases = new Map<string, string>();
  private readonly shapes: ReturnType<typeof inferShapes>;

  constructor(
    private readonly source: Graph,
    private readonly opset: number,
  ) {
    this.graph = copyGraph(source);
    this.index = indexGraph(source);
    this.names = new FreshNames(source);
    this.shapes = inferShapes(source);
  }

  write(): IntegerNetwork {
    for (const { name, type } of this.source.inputs)
      if (type === 'uint8' || type === 'int8') this.takeCodes(name, type);
    for (const node of this.source.nodes) {
      if (this.done.has(node)) continue;
      if (node.op === 'QuantizeLinear' && node.domain === '') this.quantize(node);
      else if (node.op === 'DequantizeLinear' && node.domain === '') this.dequantize(node);
      else if (!this.inCodes(node)) this.nodes.push({ ...node });
    }
    return { graph: removeDead({ ...this.graph, nodes: this.nodes }), types: this.types };
  }

  private shapeOf = (value: string): readonly number[] | undefined => {
    const shape = this.shapes.get(value)?.shape;
    return shape?.every((size) => typeof size === 'number') ? shape : undefined;
  };

  private knownCodes = (name: string): Codes => this.types.get(name) as Codes;

  /** An input of codes stays one; operators read it as int8. */
  private takeCodes(name: string, type: 'uint8' | 'int8'): void {
    const reader = this.index.consumers(name).find(isConversion);
    if (!reader) return;
    const codes = codesOf(reader, this.source, type);
    const inner = this.names.like(`${name}_codes`);
    const shift = type === 'uint8' ? 128 : 0;
    const quantization = { ...codes.quantization, zeroPoint: [codes.quantization.zeroPoint[0]! + shift] };
    this.types.set(name, { type: type === 'uint8' ? 'UINT8' : 'INT8', quantization }).set(inner, codes);
    this.nodes.push(makeNode('Identity', [name], [inner], {}, inner));
    this.taken.set(name, inner);
  }

  private quantize(node: Node): void {
    const [output] = node.outputs as [string];
    const input = this.codesBehind(node.inputs[0]!);
    this.types.set(output, codesOf(node, this.source));
    this.nodes.push(
      makeNode(input === undefined ? node.op : 'Identity', [input ?? node.inputs[0]!], [output], {}, node.name),
    );
  }

  private dequantize(node: Node): void {
    const codes = this.codesBehind(node.outputs[0]!);
    if (codes === undefined) this.nodes.push({ ...node });
    else this.nodes.push({ ...node, inputs: [codes, ...node.inputs.slice(1)] });
  }

  /** The name of the codes that a float value is read from; undefined where it is computed in floats. */
  private codesBehind(value: string): string | undefined {
    const alias = this.aliases.get(value);
    if (alias !== undefined) return alias;
    const node = this.index.producer(value);
    if (node?.op !== 'DequantizeLinear' || node.domain !== '') return undefined;
    const [source] = node.inputs as [string];
    const input = this.taken.get(source) ?? source;
    if (!this.types.has(input)) return undefined;
    const stored = this.knownCodes(input);
    const read = codesOf(node, this.source, this.typeOf(source));
    const name = sameCodes(stored, read) ? input : this.rescaled(input, stored, read);
    this.aliases.set(value, name);
    return name;
  }

  private typeOf(codes: string): 'int8' | 'uint8' {
    const producer = this.index.producer(codes);
    const zero = this.source.initializers.get(producer?.inputs[2] ?? '');
    const said = zero?.type ?? (producer && saidType(producer));
    const type = said ?? this.source.inputs.find(({ name }) => name === codes)?.type;
    return type === 'int8' ? 'int8' : 'uint8';
  }

  /** The same codes read with another scale: a product with the ratio, whose own code is 1, so that no code changes. */
  private rescaled(codes: string, stored: Codes, read: Codes): string {
    const name = this.names.like(`${codes}_rescaled`);
    const [ratio, factor] = [this.names.like(`${codes}_ratio`), this.names.like(`${codes}_factor`)];
    const value = read.quantization.scale[0]! / stored.quantization.scale[0]!;
    const offset = stored.quantization.zeroPoint[0]! - read.quantization.zeroPoint[0]!;
    this.graph.initializers.set(`${ratio}_code`, int8Tensor([], [1]));
    this.graph.initializers.set(ratio, float32Tensor([], [value]));
    this.nodes.push(makeNode('DequantizeLinear', [`${ratio}_code`, ratio], [factor], {}, factor));
    this.types.set(name, read);
    if (offset === 0) this.nodes.push(makeNode('Mul', [codes, factor], [name], {}, name));
    else throw new Inexpressible('DequantizeLinear of codes with another zero point');
    return name;
  }

  /** Where all readers of a value want codes: which, and what lies between. */
  private endOf(value: string): End | undefined {
    const quantizers = (name: string): Node[] | undefined => {
      const readers = this.index.consumers(name);
      const isQuantized = readers.length > 0 && !this.index.isOutput(name);
      return isQuantized && readers.every(({ op, domain }) => op === 'QuantizeLinear' && domain === '')
        ? [...readers]
        : undefined;
    };
    const [quantize, ...others] = quantizers(value) ?? [];
    if (quantize) return { quantize, others };
    const activation = this.index.soleConsumer(value);
    if (activation?.op !== 'Relu' && activation?.op !== 'Clip') return undefined;
    const [last, ...more] = quantizers(activation.outputs[0]!) ?? [];
    return last && { quantize: last, others: more, activation };
  }

  private clips(activation: Node, codes: Codes): boolean {
    if (activation.op === 'Relu') return rangeClips(0, Infinity, codes);
    const bounds = clipBounds(activation, this.opset, (name) => this.source.initializers.get(name));
    return bounds !== undefined && rangeClips(...bounds, codes);
  }

  private isFusable(activation: Node): boolean {
    return fusedActivation(activation, this.opset, (name) => this.source.initializers.get(name)) !== undefined;
  }

  /** Writes the node on codes if its inputs are codes, its outputs become some, and it has a kernel for them. */
  private inCodes(node: Node): boolean {
    const inputs = codedInputs(node, this.source, this.index, this.shapeOf);
    const codes = inputs?.map((input) => this.codesBehind(input));
    if (!inputs || !codes || codes.length === 0 || !codes.every((name) => name !== undefined)) return false;
    const readers = node.outputs.filter((output) => output !== '' && this.index.consumers(output).length > 0);
    const ends = readers.map((output) => [output, this.endOf(output)] as const);
    const rewired = node.inputs.map((input) => {
      const at = inputs.indexOf(input);
      return at < 0 ? input : codes[at]!;
    });
    if (ends.length === 0 || ends.some(([, end]) => !end)) return this.moved(node, rewired);
    const [first] = ends[0]! as [string, End];
    const { activation, quantize } = ends[0]![1]!;
    const given = codesOf(quantize, this.source);
    const isOwnActivation = node.op === 'Relu' || node.op === 'Clip';
    if (isOwnActivation && !this.clips(node, given) && !this.isFusable(node)) return false;
    const isFused = activation !== undefined && !this.clips(activation, given);
    if (isFused && !(fusingOperators.has(node.op) && this.isFusable(activation))) return false;

    const op = isOwnActivation && this.clips(node, given) ? 'Identity' : node.op;
    const outputs = node.outputs.map((output) => this.renamed(output, ends));
    if (isFused) {
      this.nodes.push({ ...node, op, inputs: rewired, outputs: [first] });
      this.nodes.push({ ...activation, inputs: [first, ...activation.inputs.slice(1)], outputs });
    } else this.nodes.push({ ...node, op, inputs: op === 'Identity' ? rewired.slice(0, 1) : rewired, outputs });
    for (const [, end] of ends) this.finish(end!);
    return true;
  }

  private renamed(output: string, ends: readonly (readonly [string, End | undefined])[]): string {
    const end = ends.find(([value]) => value === output)?.[1];
    return end ? end.quantize.outputs[0]! : output;
  }

  /** The codes of an end are known; what lies between is done. */
  private finish({ quantize, activation, others }: End): void {
    const [codes] = quantize.outputs as [string];
    this.types.set(codes, codesOf(quantize, this.source));
    this.done.add(quantize);
    if (activation) this.done.add(activation);
    for (const other of others) {
      this.types.set(other.outputs[0]!, codesOf(other, this.source));
      this.nodes.push(makeNode('Identity', [codes], [other.outputs[0]!], {}, other.name));
      this.done.add(other);
    }
  }

  /** An operator that moves codes leaves them what they are, whatever reads them. */
  private moved(node: Node, inputs: string[]): boolean {
    const [output] = node.outputs as [string];
    if (!movingOperators.has(node.op) || node.outputs.filter(Boolean).length !== 1) return false;
    const name = this.names.like(`${output}_codes`);
    this.nodes.push({ ...node, inputs, outputs: [name] });
    this.nodes.push(makeNode('DequantizeLinear', [name], [output], {}, output));
    this.types.set(name, this.types.get(inputs[0]!)!);
    this.aliases.set(output, name);
    return true;
  }
}

/**
 * A network with QuantizeLinear and DequantizeLinear as one that computes on int8 codes: operators between them read and give codes, and what has no int8 kernel, or was
 * left in floats, keeps its conversions. One scale a value; codes stay what ONNX has, 128 lower where those are uint8.
 * @param source simplified, with weights decoded. Throws `Inexpressible`
 */
export function integerNetwork(source: Graph): IntegerNetwork {
  if (!source.nodes.some(isConversion)) return { graph: source, types: new Map() };
  return new IntegerNetworkWriter(spellOutConversions(source), source.opsets[''] ?? 1).write();
}
