import { FreshNames } from '../../../../onnx/fresh-names';
import { copyGraph, type Attribute, type Graph, type Node, type Tensor } from '../../../../onnx/graph';
import { indexGraph } from '../../../../onnx/graph-index';
import { attr, float32Tensor, makeNode } from '../../../../onnx/make';
import { NodeWriter } from '../../../../onnx/node-writer';
import { movingOperators } from './integer-operators';

/** Names of a scale and a zero point ('' for none). */
type Scale = [scale: string, zeroPoint: string];

const integerOperators = new Set(['QLinearConv', 'QLinearMatMul']);
const isMoving = ({ op, domain }: Node): boolean => domain === '' && (movingOperators.has(op) || op === 'Concat');

/** The scale that codes are read with, behind what only moves them. */
function scaleReadWith(name: string, graph: Graph): Scale | undefined {
  const index = indexGraph(graph);
  const follow = (value: string): Scale | undefined => {
    for (const reader of index.consumers(value)) {
      const isRead = reader.op === 'DequantizeLinear' || integerOperators.has(reader.op);
      const found = isRead
        ? ([reader.inputs[1]!, reader.inputs[2] ?? ''] as Scale)
        : isMoving(reader)
          ? reader.outputs.map(follow).find((scale) => scale !== undefined)
          : undefined;
      if (found) return found;
    }
    return undefined;
  };
  return follow(name);
}

class Speller extends NodeWriter {
  private readonly scales = new Map<string, Scale>();

  constructor(private readonly source: Graph) {
    super(copyGraph(source), new FreshNames(source));
  }

  write(): Graph {
    for (const { name, type } of this.source.inputs) {
      const scale = type === 'uint8' || type === 'int8' ? scaleReadWith(name, this.source) : undefined;
      if (scale) this.scales.set(name, scale);
    }
    for (const node of this.source.nodes) this.spell(node);
    return { ...this.graph, nodes: this.nodes };
  }

  private spell(node: Node): void {
    const { op, inputs, outputs } = node;
    if (node.domain === '' && op === 'QuantizeLinear') this.scales.set(outputs[0]!, [inputs[1]!, inputs[2] ?? '']);
    if (node.domain === '' && op === 'QLinearConv') this.layer(node, 'Conv', 0);
    else if (node.domain === '' && op === 'QLinearMatMul') this.layer(node, 'MatMul', 1);
    else if (isMoving(node) && this.scales.has(inputs[0]!)) this.moving(node);
    else if (node.domain === '' && op === 'Clip' && this.scales.has(inputs[0]!)) this.limits(node);
    else this.nodes.push({ ...node });
  }

  private read(codes: string, [scale, zeroPoint]: Scale, attributes: Record<string, Attribute> = {}): string {
    return this.emit('DequantizeLinear', [codes, scale, ...(zeroPoint ? [zeroPoint] : [])], attributes);
  }

  private give(value: string, codes: string, scale: Scale): void {
    this.scales.set(codes, scale);
    this.emit('QuantizeLinear', [value, ...scale.filter(Boolean)], {}, codes);
  }

  private layer({ inputs, outputs, attributes, name }: Node, op: string, channelAxis: number): void {
    const [x, xScale, xZero, w, wScale, wZero, yScale, yZero, bias = ''] = inputs;
    const isByChannel = this.source.initializers.get(wScale!)?.data.length !== 1;
    const operands = [
      this.read(x!, [xScale!, xZero!]),
      this.read(w!, [wScale!, wZero!], isByChannel ? { axis: attr.int(channelAxis) } : {}),
    ];
    if (bias !== '')
      operands.push(this.read(bias, [this.store(this.product(xScale!, wScale!)), ''], { axis: attr.int(0) }));
    const result = this.names.next();
    this.nodes.push(makeNode(op, operands, [result], attributes, name));
    this.give(result, outputs[0]!, [yScale!, yZero!]);
  }

  private product(input: string, weights: string): Tensor {
    const [one, each] = [input, weights].map((name) => this.source.initializers.get(name)!);
    return float32Tensor(
      each!.shape,
      Float32Array.from(each!.data as Float32Array, (scale) => scale * Number(one!.data[0])),
    );
  }

  private moving(node: Node): void {
    const count = node.op === 'Concat' ? node.inputs.length : 1;
    const scale = this.scales.get(node.inputs[0]!)!;
    const inputs = node.inputs.map((input, at) =>
      at < count ? this.read(input, this.scales.get(input) ?? scale) : input,
    );
    if (node.op === 'Pad' && this.source.initializers.has(inputs[2] ?? '')) inputs[2] = this.number(inputs[2]!, scale);
    const outputs = node.outputs.map((output) => (output === '' ? '' : this.names.next()));
    this.nodes.push({ ...node, inputs, outputs });
    node.outputs.forEach((output, at) => {
      if (output !== '') this.give(outputs[at]!, output, scale);
    });
  }

  /** Codes that end before those of their type do: numbers that are cut off there. */
  private limits({ inputs, outputs }: Node): void {
    const [codes, ...ends] = inputs as [string, ...string[]];
    const scale = this.scales.get(codes)!;
    const bounds = ends.map((code) => (code === '' ? '' : this.number(code, scale)));
    this.give(this.emit('Clip', [this.read(codes, scale), ...bounds]), outputs[0]!, scale);
  }

  /** What a code stands for. */
  private number(code: string, [scale, zeroPoint]: Scale): string {
    const [value, step, zero] = [code, scale, zeroPoint].map((name) =>
      Number(this.source.initializers.get(name)?.data[0] ?? 0),
    );
    return this.store(float32Tensor([], [(value! - zero!) * step!]));
  }
}

/** A network with operators on codes, QLinearConv, QLinearMatMul and those that move elements, as operators on numbers between conversions. */
export const spellOutConversions = (graph: Graph): Graph => new Speller(graph).write();
