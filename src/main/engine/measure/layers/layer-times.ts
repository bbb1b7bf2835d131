import type { Graph, Node } from '../../onnx/graph';
import type { OperatorTime } from '../../runtimes/runtime';
import { layerNodes } from './layer-facts';
import { median } from '@shared/statistics/percentile';

export interface LayerTimes {
  /** Milliseconds by the layer's node. */
  layers: Map<Node, number>;
  rest: number;
}

/** What may lie between a layer and the value that a fused operator gives. */
const fusedOps =
  /^(Relu|Clip|LeakyRelu|HardSwish|HardSigmoid|Sigmoid|Add|Mul|BatchNormalization|Cast|QuantizeLinear|DequantizeLinear|Identity)$/;
const layerKernels = /Conv|Gemm|MatMul/;
/** What ONNX Runtime adds to the names of values and nodes when it makes one operator of several. */
const decorations = [/^fused /, /_nchwc$/, /\/MatMulAddFusion.*$/, /_quant$/, /_token_\d+$/];

/**
 * Median milliseconds of each operator, put together by the layer of the file it computes. The runtime names a fused operator like the
 * node it began with or like the value it ends in; what is no layer's kernel belongs to the rest.
 */
export function layerTimes(graph: Graph, times: readonly OperatorTime[]): LayerTimes {
  const runs = new Map<string, { op: string; milliseconds: number[] }>();
  for (const { name, op, milliseconds } of times) {
    const key = `${op} ${name}`;
    const found = runs.get(key);
    if (found) found.milliseconds.push(milliseconds);
    else runs.set(key, { op, milliseconds: [milliseconds] });
  }
  const find = layerFinder(graph);
  const result: LayerTimes = { layers: new Map(), rest: 0 };
  for (const [key, { op, milliseconds }] of runs) {
    const node = layerKernels.test(op) ? find(key.slice(op.length + 1)) : undefined;
    const middle = median(milliseconds);
    if (node) result.layers.set(node, (result.layers.get(node) ?? 0) + middle);
    else result.rest += middle;
  }
  return result;
}

/** From the name of an operator of the runtime to the layer. */
export function layerFinder(graph: Graph): (name: string) => Node | undefined {
  const layers = new Set(layerNodes(graph));
  const position = new Map(graph.nodes.map((node, index) => [node, index]));
  const byName = new Map<string, Node>();
  const producers = new Map<string, Node>();
  for (const node of graph.nodes) {
    if (node.name !== '') byName.set(node.name, node);
    for (const output of node.outputs) producers.set(output, node);
  }
  /** The last layer before a node: of two branches that meet in a sum, the runtime fuses the sum into the one computed last. */
  const layerBefore = (node: Node | undefined): Node | undefined => {
    if (!node || layers.has(node)) return node;
    if (!fusedOps.test(node.op)) return undefined;
    const found = node.inputs.flatMap((input) => layerBefore(producers.get(input)) ?? []);
    return found.sort((a, b) => position.get(b)! - position.get(a)!)[0];
  };
  return (name) => {
    const plain = decorations.reduce((text, decoration) => text.replace(decoration, ''), name);
    return layerBefore(byName.get(plain) ?? producers.get(plain) ?? longestPrefix(plain, layers));
  };
}

/** Fusions of integer products append words of their own. */
function longestPrefix(name: string, layers: ReadonlySet<Node>): Node | undefined {
  let best: Node | undefined;
  for (const node of layers)
    if (node.name !== '' && name.startsWith(node.name) && node.name.length > (best?.name.length ?? 0)) best = node;
  return best && /^\w/.test(name.slice(best.name.length)) && !name.slice(best.name.length).startsWith('_')
    ? undefined
    : best;
}
