import { fusedActivation, clipBounds } from './fused-activation';
import { floatAttribute } from '../../onnx/attributes';
import type { Graph, Node } from '../../onnx/graph';
import { indexGraph, type GraphIndex } from '../../onnx/graph-index';
import { makeNode } from '../../onnx/make';
import { removeDead } from '../../onnx/remove-dead';

/** Tells apart constants that exporters round differently. */
const tolerance = 1e-3;

class Reader {
  private readonly index: GraphIndex;

  constructor(private readonly graph: Graph) {
    this.index = indexGraph(graph);
  }

  isNumber(name: string, number: number): boolean {
    const tensor = this.graph.initializers.get(name);
    return (
      tensor?.type === 'float32' && tensor.data.length === 1 && Math.abs(Number(tensor.data[0]) - number) < tolerance
    );
  }

  /** What makes `name`, where it is this operator and nothing else reads it. */
  maker(name: string, op: string): Node | undefined {
    const node = this.index.producer(name);
    return node?.op === op &&
      node.domain === '' &&
      this.index.consumers(name).length === 1 &&
      !this.index.isOutput(name)
      ? node
      : undefined;
  }

  /** The operands of a commutative node, in both orders. */
  orders = ({ inputs: [a = '', b = ''] }: Node): [string, string][] => [
    [a, b],
    [b, a],
  ];

  /** The operand of `name = operand op number`. */
  operandBeside(name: string, op: 'Add' | 'Mul' | 'Div', number: number): string | undefined {
    const node = this.maker(name, op);
    return node && this.besideNumber(node, number);
  }

  besideNumber(node: Node, number: number): string | undefined {
    const orders = node.op === 'Div' ? this.orders(node).slice(0, 1) : this.orders(node);
    return orders.find(([, other]) => this.isNumber(other, number))?.[0];
  }

  /** The operand of `operand / number`, or of `operand * (1 / number)`. */
  dividend(name: string, number: number): string | undefined {
    return this.operandBeside(name, 'Div', number) ?? this.operandBeside(name, 'Mul', 1 / number);
  }

  /** The x of clip(x + 3, 0, 6). */
  shiftedClip(name: string): string | undefined {
    const clip = this.maker(name, 'Clip');
    const opset = this.graph.opsets[''] ?? 1;
    const constant = (each: string) => this.graph.initializers.get(each);
    if (!clip || fusedActivation(clip, opset, constant) !== 'RELU6' || !clipBounds(clip, opset, constant))
      return undefined;
    return this.operandBeside(clip.inputs[0]!, 'Add', 3);
  }

  /** The x of relu6(x + 3) / 6, under either way to write it. */
  hardGate(name: string): string | undefined {
    const node = this.maker(name, 'HardSigmoid');
    if (node) {
      const isUsual = Math.abs(floatAttribute(node, 'alpha', 0.2) - 1 / 6) < tolerance;
      return isUsual && Math.abs(floatAttribute(node, 'beta', 0.5) - 0.5) < tolerance ? node.inputs[0] : undefined;
    }
    const clipped = this.dividend(name, 6);
    return clipped === undefined ? undefined : this.shiftedClip(clipped);
  }

  /** The x of x * clip(x + 3, 0, 6) / 6, whatever is multiplied first (Howard et al., 2019). */
  hardSwish(node: Node): string | undefined {
    if (node.op === 'Mul') {
      const gated = this.orders(node).find(([x, gate]) => this.hardGate(gate) === x);
      if (gated) return gated[0];
    }
    const isLast = node.op === 'Div' || node.op === 'Mul';
    const product = isLast
      ? this.maker(this.besideNumber(node, node.op === 'Div' ? 6 : 1 / 6) ?? '', 'Mul')
      : undefined;
    return product && this.orders(product).find(([x, clip]) => this.shiftedClip(clip) === x)?.[0];
  }

  /** The x of 1 + erf(x / sqrt(2)). */
  erfGate(name: string): string | undefined {
    const erf = this.maker(this.operandBeside(name, 'Add', 1) ?? '', 'Erf');
    return erf && this.dividend(erf.inputs[0]!, Math.SQRT2);
  }

  /** The x of x/2 (1 + erf(x / sqrt(2))), whatever is multiplied first (Hendrycks and Gimpel, 2016). */
  gelu(node: Node): string | undefined {
    if (node.op !== 'Mul' && node.op !== 'Div') return undefined;
    const halved = this.besideNumber(node, node.op === 'Div' ? 2 : 0.5);
    if (halved !== undefined) {
      const product = this.maker(halved, 'Mul');
      return product && this.orders(product).find(([x, gate]) => this.erfGate(gate) === x)?.[0];
    }
    if (node.op === 'Div') return undefined;
    for (const [left, right] of this.orders(node)) {
      const gated = this.erfGate(right);
      if (gated !== undefined && this.dividend(left, 2) === gated) return gated;
      const halfGate = this.dividend(right, 2);
      if (halfGate !== undefined && this.erfGate(halfGate) === left) return left;
    }
    return undefined;
  }
}

/** The same graph where activations that exporters wrote out are one node: HardSwish and Gelu, which are operators of the runtime. */
export function recogniseActivations(graph: Graph): Graph {
  const reader = new Reader(graph);
  const nodes = graph.nodes.map((node) => {
    if (node.domain !== '') return node;
    const swished = reader.hardSwish(node);
    if (swished !== undefined) return makeNode('HardSwish', [swished], node.outputs, {}, node.name);
    const gated = reader.gelu(node);
    return gated === undefined ? node : makeNode('Gelu', [gated], node.outputs, {}, node.name);
  });
  return removeDead({ ...graph, nodes });
}
