import { FreshNames } from '../onnx/fresh-names';
import { copyGraph, elementCount, type Graph, type Node } from '../onnx/graph';
import { attr, float32Tensor, int64Tensor } from '../onnx/make';
import { NodeWriter } from '../onnx/node-writer';
import { removeDead } from '../onnx/remove-dead';
import { inferShapes } from '../onnx/shapes';
import { transposeMatrix } from '../compression/algebra/transpose-matrix';
import { withBatch } from '../training/network-batch';
import { isPointwise } from './gated-chains';
import type { MaskedNetwork, WrittenGate } from './masked-network';

/**
 * The network for one image at a time that computes only the channels which its gates pick: Gather takes their weights and biases, and convolutions get
 * weights at run time, in place of masks on channels that were computed (Gao et al. 2019, "Dynamic channel pruning: feature boosting and suppression").
 */
export function pickingNetwork({ graph, gates }: MaskedNetwork): Graph {
  const single = withBatch(graph, 1);
  const result: Graph = { ...copyGraph(single), nodes: [] };
  const write = new NodeWriter(result, new FreshNames(single));
  const shapes = inferShapes(single);
  const makers = new Map(gates.flatMap((gate) => gate.makers.map((maker) => [maker, gate] as const)));
  const readers = new Map(gates.map((gate) => [gate.reader, gate]));
  const byIndices = new Map(gates.map((gate) => [gate.indices, gate]));
  const masking = new Set(gates.flatMap((gate) => gate.masking));
  /** The picked channels of a gate, `[k]`. */
  const picked = new Map<WrittenGate, string>();
  const countOf = ({ kept }: WrittenGate): number => Number(single.initializers.get(kept)!.data[0]);
  const gather = (name: string, gate: WrittenGate, axis: number): string =>
    write.emit('Gather', [name, picked.get(gate)!], axis === 0 ? {} : { axis: attr.int(axis) });

  const writePicking = (node: Node): void => {
    const gate = byIndices.get(node.outputs[1]!)!;
    result.nodes.push({ ...node, attributes: { ...node.attributes, sorted: attr.int(0) } });
    const length = write.constant(int64Tensor([1], [countOf(gate)]));
    picked.set(gate, write.emit('Reshape', [gate.indices, length]));
    write.append();
  };

  /** A matrix product, whose weights may lie column after column. */
  const writeProduct = (node: Node, gate: WrittenGate): void => {
    const [, weightName, bias = ''] = node.inputs;
    const weight = single.initializers.get(weightName!)!;
    const [outputs, inputs] = [weight.shape[0]!, weight.shape[1]!];
    const turned = transposeMatrix({ ...weight, shape: [outputs, inputs] });
    const columns = gather(write.store(turned), gate, 0);
    const spatial = (shapes.get(node.outputs[0]!)!.shape as number[]).slice(2);
    const flat = write.constant(int64Tensor([2], [countOf(gate), elementCount(spatial)]));
    const product = [columns, write.emit('Reshape', [gate.value, flat])];
    const constant = single.initializers.get(bias)?.data as Float32Array | undefined;
    if (gate.standIn !== undefined) {
      // All that stands in for channels, less what does for those that were picked.
      const standIn = single.initializers.get(gate.standIn)!.data as Float32Array;
      const sums = Float32Array.from({ length: outputs }, (_, row) =>
        standIn.reduce(
          (sum, value, at) => sum + value * (weight.data as Float32Array)[row * inputs + at]!,
          constant?.[row] ?? 0,
        ),
      );
      const own = gather(write.store(float32Tensor([inputs, 1], standIn)), gate, 0);
      const all = write.store(float32Tensor([outputs, 1], sums));
      product.push(write.emit('Gemm', [columns, own, all], { transA: attr.int(1), alpha: attr.float(-1) }));
    } else if (constant) product.push(write.store(float32Tensor([outputs, 1], constant)));
    const sums = write.emit('Gemm', product, { transA: attr.int(1) });
    const whole = write.constant(int64Tensor([2 + spatial.length], [1, outputs, ...spatial]));
    write.emit('Reshape', [sums, whole], {}, node.outputs[0]);
    write.append();
  };

  const writeLayer = (node: Node, made: WrittenGate | undefined, read: WrittenGate | undefined): void => {
    const [input, weightName, bias = ''] = node.inputs;
    // Rows first: they lie in one piece.
    const rows = made ? gather(weightName!, made, 0) : weightName!;
    const weights = read ? gather(rows, read, 1) : rows;
    const inputs = [read ? read.value : input!, weights];
    if (bias !== '') inputs.push(made ? gather(bias, made, 0) : bias);
    const isDepthwise = made !== undefined && node.outputs[0] !== made.makers[0];
    const attributes = { ...node.attributes, ...(isDepthwise && { group: attr.int(countOf(made)) }) };
    write.append();
    result.nodes.push({ ...node, inputs, attributes });
  };

  for (const node of single.nodes) {
    const [output = ''] = node.outputs;
    if (masking.has(output)) continue;
    const [made, read] = [makers.get(output), readers.get(output)];
    if (node.op === 'TopK' && byIndices.has(node.outputs[1] ?? '')) writePicking(node);
    else if (read && !made && isPointwise(node, single.initializers.get(node.inputs[1]!)!.shape))
      writeProduct(node, read);
    else if (made ?? read) writeLayer(node, made, read);
    else result.nodes.push(node);
  }
  const [output] = result.outputs;
  const shape = shapes.get(output!.name)?.shape ?? output!.shape;
  return removeDead({ ...result, outputs: [{ ...output!, shape: [...shape] }] });
}
