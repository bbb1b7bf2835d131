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

  /** Before 13, softmax ran over all axes from `axis` on: the same only where that is the last one. */
  private softmax(node: Node): boolean {
    const rank = inferShapes(this.graph).get(node.inputs[0]!)?.shape.length;
    const axis = intAttribute(node, 'axis', 1);
    node.attributes['axis'] = attr.int(axis);
    return axis === -1 || (rank !== undefined && axis === rank - 1);
  }

  /** Whether the node means the same in opset 13 now. */
  upgrade(node: Node): boolean {
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
      case 'Softmax':
      case 'LogSoftmax':
        return this.softmax(node);
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
    for (const node of upgrade.result.nodes) if (!upgrade.upgrade(node)) return { unsupported: node.op };
    upgrade.result.opsets[''] = leastOpset;
  }
  upgrade.result.irVersion = Math.max(graph.irVersion, leastIrVersion);
  return upgrade.result;
}
