import { copyGraph, type Graph, type Node } from '../../onnx/graph';
import { intAttribute } from '../../onnx/attributes';
import { singleBatch } from '../../onnx/classifier';
import { indexGraph, type GraphIndex } from '../../onnx/graph-index';
import { float32Tensor, makeNode } from '../../onnx/make';
import type { ResidualBlock } from '../../onnx/residual-blocks';
import { inferShapes } from '../../onnx/shapes';
import type { TechniqueContext } from '../calibration/technique-context';
import { runCalibration } from '../calibration/calibration-run';
import { FreshNames } from '../../onnx/fresh-names';
import { gramProbe } from '../calibration/gram';
import { addToBias, biasValues } from '../layers/layer-constants';
import { leastSquaresRefit } from './least-squares-refit';
import { MatrixProducts } from '../algebra/matrix-products';
import {
  addRefitBatch,
  centreRefitSums,
  emptyRefitSums,
  writeRefitProbe,
  type RefitProbe,
  type WrittenRefitProbe,
} from './refit-probe';
import { sharedConstant } from '../../onnx/shared-constant';
import { weightLayers } from '../layers/weight-layers';
import { weightOfRows, weightRows } from '../layers/weight-rows';

const passing = new Set(['Identity', 'Relu', 'Clip']);

/** The convolution that writes into a value, with the value before any activation; undefined where none can be refitted. */
interface Writer {
  node: Node;
  /** What it writes into: its own output, or the sum that the output goes into. */
  written: string;
  isRectified: boolean;
}

/** Only where nothing but the bypassed sum would see the change. */
function writerOf(index: GraphIndex, value: string): Writer | undefined {
  let isRectified = false;
  let written = value;
  let node = index.producer(written);
  const isOwn = (name: string): boolean => index.soleConsumer(name) !== undefined;
  while (node && passing.has(node.op) && isOwn(written)) {
    // A cap would need its own rule; values beyond it are rare on the residual path.
    if (node.op !== 'Identity') isRectified = true;
    written = node.inputs[0]!;
    node = index.producer(written);
  }
  if (!node || !isOwn(written)) return undefined;
  const isSum = node.op === 'Add' || node.op === 'Sum';
  const writer = (isSum ? node.inputs.map((input) => index.producer(input)) : [node]).find(
    (layer) => layer?.op === 'Conv' && intAttribute(layer, 'group', 1) === 1 && isOwn(layer.outputs[0]!),
  );
  return writer && { node: writer, written, isRectified };
}

const referenceName = (name: string): string => (name === '' ? '' : `${name}@reference`);

/** Both networks on the same input; values of the second are named by `referenceName`. */
function besideReference(graph: Graph, reference: Graph): Graph {
  const joint = copyGraph(graph);
  const inputs = new Set(reference.inputs.map(({ name }) => name));
  const named = (name: string): string => (inputs.has(name) ? name : referenceName(name));
  for (const [name, tensor] of reference.initializers) joint.initializers.set(named(name), tensor);
  for (const node of reference.nodes)
    joint.nodes.push({ ...node, name: '', inputs: node.inputs.map(named), outputs: node.outputs.map(named) });
  return { ...joint, outputs: [] };
}

/**
 * Makes the convolution before a bypassed block take over what is linear in what the block did: its output, with the sum it goes into, comes as near as
 * least squares can to the block's own sum in `reference`. Where a ReLU stands between, elements that both networks cut off are left as they are.
 * @param graph in which the block is bypassed. @returns a copy, or undefined where no convolution can take over.
 */
export async function refitBeforeBlock(
  graph: Graph,
  reference: Graph,
  block: ResidualBlock,
  images: number,
  { id, context }: { id: string; context: TechniqueContext },
): Promise<Graph | undefined> {
  const writer = writerOf(indexGraph(graph), block.identity);
  const layer = writer && weightLayers(graph).find(({ node }) => node === writer.node);
  if (!layer) return undefined;
  const rows = weightRows(layer);
  const { node } = layer;
  const uses = graph.nodes.filter(({ inputs }) => inputs.includes(layer.weightName)).length;
  const own = gramProbe(node, layer.weight.shape, inferShapes(graph, singleBatch(graph)), images);
  if (!own || uses > 1 || !biasValues(graph, node, rows.rows)) return undefined;

  const joint = besideReference(graph, reference);
  const names = new FreshNames(joint);
  const emit = (op: string, inputs: string[]): string => {
    const output = names.next();
    joint.nodes.push(makeNode(op, inputs, [output]));
    return output;
  };
  let target = referenceName(block.sum);
  if (writer.isRectified) {
    const zero = sharedConstant(joint, float32Tensor([], [0]), names);
    target = emit('Where', [emit('Greater', [target, zero]), target, emit('Min', [writer.written, zero])]);
  }
  const channels = Array.from({ length: rows.rows }, (_, channel) => channel);
  const branch = { own: writer.written, reference: target, channels };
  const probe: RefitProbe = { own, reference: own, groups: undefined, branch };
  const input = node.inputs[0]!;
  const written: WrittenRefitProbe = writeRefitProbe(joint, probe, { own: input, reference: input }, names);
  const total = emptyRefitSums(probe);
  await runCalibration(joint, images, context, id, (results) => addRefitBatch(total, written, results));
  centreRefitSums(total);

  const [gram, cross] = [total.grams[0]!, total.crosses[0]!];
  const products = await MatrixProducts.open(context.threads);
  try {
    const problem = { weights: rows, gram, cross, start: rows, extra: total.extra!, count: total.count };
    const refitted = await leastSquaresRefit(problem, products);
    const result = copyGraph(graph);
    result.initializers.set(layer.weightName, weightOfRows(rows, refitted.data));
    const shift = Float64Array.from(channels, (row) => {
      let sum = total.extraSums![row]!;
      for (let column = 0; column < rows.columns; column++) {
        const at = row * rows.columns + column;
        sum -= (refitted.data[at]! - rows.data[at]!) * total.sums[column]!;
      }
      return sum / total.count;
    });
    addToBias(result, result.nodes[graph.nodes.indexOf(node)]!, shift);
    return result;
  } finally {
    await products.close();
  }
}
