import { flattening, upgradedSoftmax } from './old-softmax';
import { inferShapes } from './shapes';
import { intAttribute, intsAttribute } from './attributes';
import { copyGraph, type Attribute, type Graph, type Node, type Tensor } from './graph';
import { attr, float32Tensor, int64Tensor } from './make';
import { FreshNames } from './fresh-names';
import { sharedConstant } from './shared-constant';

/** Per-channel DequantizeLinear came with opset 13; sparse weights need 11. */
export const leastOpset = 13;
/** From this version of the format on, initializers need not be inputs too. */
const leastIrVersion = 7;

/** Operators that mean the same in opsets 7 to 13, for float32. */
const unchanged = new Set(
  (
    'Abs Add And ArgMax AveragePool BitShift Cast Ceil Concat Constant ConstantOfShape Conv ConvTranspose CumSum DepthToSpace Div Elu Equal ' +
    'Erf Exp Expand Flatten Floor Gather Gemm GlobalAveragePool GlobalMaxPool Greater HardSigmoid Identity InstanceNormalization LRN LeakyRelu ' +
    'Less Log MatMul Max MaxPool Mean Min Mul Neg Not Or PRelu Pow Reciprocal ReduceMax ReduceMean ReduceMin Relu Reshape Selu Shape Sigmoid ' +
    'Softplus SpaceToDepth Sqrt Sub Sum Tanh Tile Transpose Where'
  ).split(' '),
);

class Upgrade {
  readonly result: Graph;
  private readonly names: FreshNames;
  private readonly from: number;
  private shapes: ReturnType<typeof inferShapes> | undefined;

  constructor(private readonly graph: Graph) {
    this.result = copyGraph(graph);
    this.names = new FreshNames(graph);
    this.from = graph.opsets['']!;
  }

  private constant(tensor: Tensor): string {
    return sharedConstant(this.result, tensor, this.names);
  }

  /** Attributes that a later opset reads as inputs, in their new order. */
  private toInputs(
    node: Node,
    names: readonly string[],
    tensorOf: (attribute: Attribute) => Tensor | undefined,
  ): boolean {
    for (const name of names) {
      const attribute = node.attributes[name];
      delete node.attributes[name];
      const tensor = attribute && tensorOf(attribute);
      if (attribute && !tensor) return false;
      node.inputs.push(tensor ? this.constant(tensor) : '');
    }
    while (node.inputs.at(-1) === '') node.inputs.pop();
    return true;
  }

  /** The nodes that mean in opset 13 what the node meant; undefined where there is no rule. */
  upgrade(node: Node): Node[] | undefined {
    if (node.domain === '' && flattening.has(node.op)) {
      this.shapes ??= inferShapes(this.graph);
      const shape = this.shapes.get(node.inputs[0]!)?.shape;
      return upgradedSoftmax(node, shape, this.names, (tensor) => this.constant(tensor));
    }
    return this.meansTheSame(node) ? [node] : undefined;
  }

  /** Whether the node, changed where it must be, means the same in opset 13. */
  private meansTheSame(node: Node): boolean {
    if (node.domain !== '' || unchanged.has(node.op)) return true;
    const integers = (attribute: Attribute): Tensor | undefined =>
      attribute.type === 'ints' ? int64Tensor([attribute.value.length], attribute.value) : undefined;
    const number = (attribute: Attribute): Tensor | undefined =>
      attribute.type === 'float' ? float32Tensor([], [attribute.value]) : undefined;
    switch (node.op) {
      case 'BatchNormalization': {
        const perChannel = intAttribute(node, 'spatial', 1) === 1;
        delete node.attributes['spatial'];
        return perChannel && node.outputs.length === 1;
      }
      case 'Dropout':
        // It does nothing outside training.
        node.attributes = {};
        return true;
      case 'Clip':
        return this.from >= 11 || this.toInputs(node, ['min', 'max'], number);
      case 'Squeeze':
      case 'Unsqueeze':
      case 'ReduceSum':
        return this.toInputs(node, ['axes'], integers);
      case 'Split':
        return this.toInputs(node, ['split'], integers);
      case 'Pad':
        if (this.from >= 11) return true;
        return this.toInputs(node, ['pads'], integers) && this.toInputs(node, ['value'], number);
      case 'Slice': {
        if (this.from >= 10) return true;
        const length = intsAttribute(node, 'starts')?.length ?? 0;
        node.attributes['axes'] ??= attr.ints(Array.from({ length }, (_, axis) => axis));
        return this.toInputs(node, ['starts', 'ends', 'axes'], integers);
      }
      default:
        return false;
    }
  }
}

/**
 * The same network in opset 13 where it is in an older one (ONNX "Changelog.md"), for techniques that write newer operators. Networks of
 * opset 13 and later come back as they are. The answer is the name of an operator that has no rule.
 */
export function upgradeOpset(graph: Graph): Graph | { unsupported: string } {
  const from = graph.opsets[''] ?? leastOpset;
  if (from >= leastOpset && graph.irVersion >= leastIrVersion) return graph;
  const upgrade = new Upgrade(graph);
  if (from < leastOpset) {
    const nodes: Node[] = [];
    for (const node of upgrade.result.nodes) {
      const upgraded = upgrade.upgrade(node);
      if (!upgraded) return { unsupported: node.op };
      nodes.push(...upgraded);
    }
    upgrade.result.nodes = nodes;
    upgrade.result.opsets[''] = leastOpset;
  }
  upgrade.result.irVersion = Math.max(graph.irVersion, leastIrVersion);
  return upgrade.result;
}
