import { FreshNames } from '../onnx/fresh-names';
import type { Graph, Tensor } from '../onnx/graph';
import { attr, float32Tensor, int64Tensor, makeNode } from '../onnx/make';
import { NodeWriter } from '../onnx/node-writer';
import type { GatedChain, HiddenChannels } from './gated-chains';

/** Scores of hidden channels from the means of the channels that a chain reads: `[channels, inputs]` and `[channels]`. */
export interface Gate {
  weight: Tensor;
  bias: Tensor;
  /** What stands in for a channel that is left out, `[channels]`; nothing where it is absent. */
  standIn?: Tensor;
}

/** Names of what a gate is made of, by which it is found in a copy of the network. */
export interface WrittenGate {
  /** Of the constant that says how many channels an image gets. */
  kept: string;
  indices: string;
  /** Outputs of the nodes that make and apply the mask; the last is the masked value. */
  masking: readonly string[];
  value: string;
  /** Of the constant `[1, channels, 1, ...]` that stands in for channels left out. */
  standIn?: string;
  /** Outputs of the layers. */
  makers: readonly string[];
  reader: string;
}

export interface MaskedNetwork {
  graph: Graph;
  gates: readonly WrittenGate[];
}

/**
 * The network with a mask on the hidden channels of each chain, for any number of images at once: what it computes is what `pickingNetwork` does, and its
 * layers still have all their weights, so that these may be fitted.
 */
export function maskedNetwork(
  graph: Graph,
  chains: readonly GatedChain[],
  gateOf: (hidden: HiddenChannels) => Gate,
  keptOf: (channels: number) => number,
): MaskedNetwork {
  const names = new FreshNames(graph);
  const result: Graph = { ...graph, nodes: [], initializers: new Map(graph.initializers) };
  const write = new NodeWriter(result, names);
  const starts = new Map(chains.map((chain) => [chain.hidden[0]!.makers[0], chain]));
  const masks = new Map<string, () => string>();
  const gates: WrittenGate[] = [];

  const gateFor = (hidden: HiddenChannels, pooled: string): void => {
    const { value, channels, makers, reader } = hidden;
    const { weight, bias, standIn } = gateOf(hidden);
    const named = (part: string): string => names.like(`${makers[0]!.name || makers[0]!.outputs[0]}_${part}`);
    const store = (part: string, tensor: Tensor): string => {
      const name = named(part);
      result.initializers.set(name, tensor);
      return name;
    };
    const inputs = [pooled, store('gate', weight), store('gate_bias', bias)];
    const scores = write.emit('Gemm', inputs, { transB: attr.int(1) }, named('scores'));
    write.append();
    const kept = store('kept', int64Tensor([1], [keptOf(channels)]));
    const [values, indices] = [names.next(), named('channels')];
    result.nodes.push(makeNode('TopK', [scores, kept], [values, indices], { axis: attr.int(1) }));
    masks.set(value, () => {
      const one = write.constant(float32Tensor([], [1]));
      const zeros = write.emit('Sub', [scores, scores]);
      const none = write.emit('Sub', [values, values]);
      const ones = write.emit('Add', [none, one]);
      const mask = write.emit('ScatterElements', [zeros, indices, ones], { axis: attr.int(1) });
      const rank = graph.initializers.get(reader.inputs[1]!)!.shape.length;
      const axes = Array.from({ length: rank - 2 }, (_, axis) => axis + 2);
      const wide = write.emit('Unsqueeze', [mask, write.constant(int64Tensor([axes.length], axes))]);
      const masking = [zeros, none, ones, mask, wide, write.emit('Mul', [value, wide])];
      const filled = standIn && store('stand_in', { ...standIn, shape: [1, channels, ...axes.map(() => 1)] });
      if (filled !== undefined) {
        const gone = write.emit('Sub', [one, wide]);
        const filling = write.emit('Mul', [gone, filled]);
        masking.push(gone, filling, write.emit('Add', [masking.at(-1)!, filling]));
      }
      write.append();
      gates.push({
        kept,
        indices,
        masking,
        value,
        ...(filled !== undefined && { standIn: filled }),
        makers: makers.map(({ outputs }) => outputs[0]!),
        reader: reader.outputs[0]!,
      });
      return masking.at(-1)!;
    });
  };

  for (const node of graph.nodes) {
    const chain = starts.get(node);
    if (chain) {
      const pooled = write.emit('Flatten', [write.emit('GlobalAveragePool', [chain.input])]);
      for (const hidden of chain.hidden) gateFor(hidden, pooled);
    }
    const [input, ...others] = node.inputs;
    const masked = masks.get(input ?? '');
    result.nodes.push(masked ? { ...node, inputs: [masked(), ...others] } : node);
  }
  return { graph: result, gates };
}

/** The same nodes with masks that let every channel through: the network as it was. */
export function withoutMasks({ graph, gates }: MaskedNetwork): Graph {
  const initializers = new Map(graph.initializers);
  for (const { kept, makers } of gates) {
    const maker = graph.nodes.find(({ outputs }) => outputs[0] === makers[0])!;
    initializers.set(kept, int64Tensor([1], [initializers.get(maker.inputs[1]!)!.shape[0]!]));
  }
  return { ...graph, initializers };
}
