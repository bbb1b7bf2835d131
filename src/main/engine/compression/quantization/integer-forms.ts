import { floatAttribute, intAttribute, intsAttribute } from '../../onnx/attributes';
import { FreshNames } from '../../onnx/fresh-names';
import { copyGraph, elementCount, type Attribute, type Graph, type Node, type Tensor } from '../../onnx/graph';
import { indexGraph, type GraphIndex } from '../../onnx/graph-index';
import { attr, float32Tensor, makeNode } from '../../onnx/make';
import { NodeWriter } from '../../onnx/node-writer';
import { removeDead } from '../../onnx/remove-dead';
import { inferShapes, type TypedShape } from '../../onnx/shapes';

/** The constant float32 number that an input is, undefined where it is none. */
export function scalarOf(graph: Graph, input: string | undefined): number | undefined {
  const tensor = graph.initializers.get(input ?? '');
  return tensor?.type === 'float32' && tensor.data.length === 1 ? Number(tensor.data[0]) : undefined;
}

/** Axes of a reduction in ascending order, counted from the front; undefined where they are not known. */
function reducedAxes(graph: Graph, node: Node, rank: number): number[] | undefined {
  const stored = graph.initializers.get(node.inputs[1] ?? '');
  const axes = intsAttribute(node, 'axes') ?? (stored ? Array.from(stored.data as BigInt64Array, Number) : undefined);
  return axes?.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
}

class FormWriter extends NodeWriter {
  private readonly shapes: ReadonlyMap<string, TypedShape>;
  private readonly index: GraphIndex;

  constructor(
    private readonly source: Graph,
    private readonly isExcluded: (node: Node) => boolean,
    private readonly whole: ReadonlySet<string>,
  ) {
    super(copyGraph(source), new FreshNames(source));
    this.shapes = inferShapes(source);
    this.index = indexGraph(this.graph);
  }

  /** The last node of a form has the name and the output of the node it stands for. */
  private finish(of: Node, op: string, inputs: string[], attributes: Record<string, Attribute> = {}): true {
    this.nodes.push(makeNode(op, inputs, [of.outputs[0]!], attributes, of.name));
    return true;
  }

  private number = (value: number): string => this.constant(float32Tensor([], [value]));

  /** max(0, min(1, alpha x + beta)): the inputs of its Clip. */
  private gate(value: string, alpha: number, beta: number): string[] {
    const line = this.emit('Add', [this.emit('Mul', [value, this.number(alpha)]), this.number(beta)]);
    return [line, this.number(0), this.number(1)];
  }

  private sum({ inputs, ...node }: Node): boolean {
    if (inputs.length < 2) return false;
    const most = inputs.slice(1, -1).reduce((sum, input) => this.emit('Add', [sum, input]), inputs[0]!);
    return this.finish({ inputs, ...node }, 'Add', [most, inputs.at(-1)!]);
  }

  private difference(node: Node): boolean {
    const taken = scalarOf(this.source, node.inputs[1]);
    return taken !== undefined && this.finish(node, 'Add', [node.inputs[0]!, this.number(-taken)]);
  }

  /** The mean over height and width of `[N,C,H,W]`. */
  private mean(node: Node): boolean {
    const { type, shape } = this.shapes.get(node.inputs[0]!) ?? {};
    if (type !== 'float32' || shape?.length !== 4) return false;
    if (reducedAxes(this.source, node, 4)?.join() !== '2,3') return false;
    if (intAttribute(node, 'keepdims', 1) === 1) return this.finish(node, 'GlobalAveragePool', [node.inputs[0]!]);
    return this.finish(node, 'Flatten', [this.emit('GlobalAveragePool', [node.inputs[0]!])], { axis: attr.int(1) });
  }

  /** A convolution of one pixel with one weight a channel: gamma / sqrt(variance + epsilon), as `foldBatchNorm` has it. */
  private batchNorm(node: Node): boolean {
    const shape = this.shapes.get(node.inputs[0]!)?.shape;
    const [gamma, beta, mean, variance] = node.inputs.slice(1, 5).map((name) => {
      const tensor: Tensor | undefined = this.source.initializers.get(name);
      return tensor?.type === 'float32' ? (tensor.data as Float32Array) : undefined;
    });
    if (shape?.length !== 4 || !gamma || !beta || !mean || !variance || node.outputs.length > 1) return false;
    if (intAttribute(node, 'training_mode', 0) !== 0) return false;
    const epsilon = floatAttribute(node, 'epsilon', 1e-5);
    const scale = Float64Array.from(gamma, (value, channel) => value / Math.sqrt(variance[channel]! + epsilon));
    const shift = Float32Array.from(beta, (value, channel) => value - mean[channel]! * scale[channel]!);
    const channels = scale.length;
    const weight = this.store(float32Tensor([channels, 1, 1, 1], scale));
    const inputs = [node.inputs[0]!, weight, this.store(float32Tensor([channels], shift))];
    return this.finish(node, 'Conv', inputs, { group: attr.int(channels), kernel_shape: attr.ints([1, 1]) });
  }

  /** A matrix product with its bias; it keeps the name of the product, by which people know the layer. */
  private biasedProduct(node: Node): boolean {
    const [first, second] = node.inputs;
    for (const [value, biasName] of [
      [first!, second!],
      [second!, first!],
    ] as const) {
      const product = this.index.producer(value);
      const bias = this.source.initializers.get(biasName);
      const weight = this.source.initializers.get(product?.inputs[1] ?? '');
      if (product?.op !== 'MatMul' || this.isExcluded(product) || this.index.soleConsumer(value) !== node) continue;
      if (weight?.type !== 'float32' || weight.shape.length !== 2 || bias?.type !== 'float32') continue;
      if (this.shapes.get(product.inputs[0]!)?.shape.length !== 2) continue;
      const outputs = weight.shape[1]!;
      if (elementCount(bias.shape) !== outputs || bias.shape.at(-1) !== outputs || bias.shape.length > 2) continue;
      this.nodes.splice(
        this.nodes.findIndex((written) => written.outputs[0] === value),
        1,
      );
      const flat = this.store({ ...bias, shape: [outputs] });
      return this.finish({ ...node, name: product.name }, 'Gemm', [...product.inputs, flat]);
    }
    return false;
  }

  private form(node: Node): boolean {
    if (node.domain !== '' || this.whole.has(node.op) || this.isExcluded(node)) return false;
    const value = node.inputs[0]!;
    switch (node.op) {
      case 'HardSigmoid':
        return this.finish(
          node,
          'Clip',
          this.gate(value, floatAttribute(node, 'alpha', 0.2), floatAttribute(node, 'beta', 0.5)),
        );
      case 'HardSwish':
        return this.finish(node, 'Mul', [value, this.emit('Clip', this.gate(value, 1 / 6, 0.5))]);
      case 'Sum':
        return this.sum(node);
      case 'Sub':
        return this.difference(node);
      case 'ReduceMean':
        return this.mean(node);
      case 'BatchNormalization':
        return this.batchNorm(node);
      case 'Add':
        return this.biasedProduct(node);
      default:
        return false;
    }
  }

  write(): Graph {
    for (const node of this.graph.nodes) if (!this.form(node)) this.nodes.push(node);
    return removeDead({ ...this.graph, nodes: this.nodes });
  }
}

/**
 * The same network in operators that ONNX Runtime has integer kernels for, equal up to float32 rounding: hard-swish and hard-sigmoid as a line that is clipped,
 * a mean over height and width as pooling, batch norms that no layer took up as depthwise convolutions of one pixel, a matrix product and its bias as one layer.
 * @param graph simplified. Excluded nodes stay as they are. @param whole operators that are not taken apart
 */
export function integerForms(
  graph: Graph,
  isExcluded: (node: Node) => boolean = () => false,
  whole: ReadonlySet<string> = new Set(),
): Graph {
  const outputs = new Set(graph.nodes.filter(isExcluded).flatMap((node) => node.outputs));
  return new FormWriter(graph, (node) => outputs.has(node.outputs[0]!), whole).write();
}
