import { copyGraph, type Graph, type Node } from '../../onnx/graph';
import { intAttribute } from '../../onnx/attributes';
import { indexGraph, type GraphIndex } from '../../onnx/graph-index';
import { float32Tensor } from '../../onnx/make';
import type { ResidualBlock } from '../../onnx/residual-blocks';
import type { TechniqueContext } from '../calibration/technique-context';
import { runCalibration } from '../calibration/calibration-run';
import { addBatch, emptySums, writeGram } from '../calibration/gram';
import { inputColumns } from '../calibration/input-columns';
import { addToBias, biasValues } from '../layers/layer-constants';
import { checkedRefit, foldsFor } from './checked-refit';
import { MatrixProducts } from '../algebra/matrix-products';
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
  const probe = inputColumns(graph)(node, layer.weight.shape, images);
  if (!probe || uses > 1 || !biasValues(graph, node, rows.rows)) return undefined;

  const joint = besideReference(graph, reference);
  const written = writeGram(joint, probe, node.inputs[0]!, (nodes) => {
    let target = referenceName(block.sum);
    if (writer.isRectified) {
      const zero = nodes.constant(float32Tensor([], [0]));
      const cut = nodes.emit('Min', [writer.written, zero]);
      target = nodes.emit('Where', [nodes.emit('Greater', [target, zero]), target, cut]);
    }
    return { value: nodes.emit('Sub', [target, writer.written]), outputs: rows.rows };
  });
  const parts = Array.from({ length: foldsFor(probe, Math.min(images, context.calibration.count)) }, () =>
    emptySums(probe, rows.rows),
  );
  await runCalibration(joint, images, context, id, (results, batch) =>
    addBatch(parts[batch % parts.length]!, written, results),
  );

  const products = await MatrixProducts.open(context.threads);
  try {
    const { steps, biasShift } = await checkedRefit(parts, { bias: true, weights: true }, products);
    if (!biasShift) return undefined;
    const result = copyGraph(graph);
    const [step] = steps;
    if (step) {
      const data = rows.data.map((value, index) => value + step.data[index]!);
      result.initializers.set(layer.weightName, weightOfRows(rows, data));
    }
    addToBias(result, result.nodes[graph.nodes.indexOf(node)]!, biasShift);
    return result;
  } finally {
    await products.close();
  }
}
