import { floatAttribute } from '../../onnx/attributes';
import type { Node } from '../../onnx/graph';
import { attr, float32Tensor, int64Tensor } from '../../onnx/make';
import type { NodeWriter } from '../../onnx/node-writer';

/** A sum of two branches of which a layer makes one: the values that stand for the other, in both networks. */
export interface OtherBranch {
  own: string;
  reference: string;
}

export interface LayerInBoth {
  /** The layer as it is; its inputs are values of the graph that is written to. */
  layer: Node;
  /** The layer of the reference network; its inputs are values of the same graph too. */
  reference: Node;
  /** Channels of the reference's output that the layer still has; all where absent. */
  channels?: readonly number[] | undefined;
  branch?: OtherBranch | undefined;
}

/**
 * Writes what the layer's output is to be less what it is, in units of what the weights are multiplied with: the output of the reference,
 * less that of the layer as it is, plus the error of the other branch of a sum that the layer can make up for (He et al. 2017, "Channel pruning
 * for accelerating very deep neural networks", section 3.3).
 */
export function writeLayerError(writer: NodeWriter, { layer, reference, channels, branch }: LayerInBoth): string {
  const axis = layer.op === 'Conv' ? 1 : -1;
  const kept = (value: string): string =>
    channels
      ? writer.emit('Gather', [value, writer.constant(int64Tensor([channels.length], channels))], {
          axis: attr.int(axis),
        })
      : value;
  const outputOf = ({ op, inputs, attributes }: Node): string => writer.emit(op, inputs, attributes);
  let error = writer.emit('Sub', [kept(outputOf(reference)), outputOf(layer)]);
  if (branch) error = writer.emit('Add', [error, writer.emit('Sub', [kept(branch.reference), branch.own])]);
  const alpha = layer.op === 'Gemm' ? floatAttribute(layer, 'alpha', 1) : 1;
  return alpha === 1 ? error : writer.emit('Div', [error, writer.constant(float32Tensor([], [alpha]))]);
}
