import { FreshNames } from '../onnx/fresh-names';
import type { Graph, Node, Subgraph } from '../onnx/graph';
import { attr, float32Tensor, int64Tensor, makeNode, makeValue } from '../onnx/make';
import { NodeWriter } from '../onnx/node-writer';
import { nodeDepths } from './node-depths';
import type { ExitHead } from './exit-head';
import { writeFeatures, type ExitPlace } from './exit-features';

export interface Exit {
  place: ExitPlace;
  head: ExitHead;
  /** Probability of the likeliest class from which on an image leaves. */
  threshold: number;
  /** Of its `If` node. */
  name: string;
}

/** How a network makes its output of scores. */
export interface Answer {
  /** A softmax at its end. */
  softmax?: 'Softmax' | 'LogSoftmax';
  /** Of its output, for one image. */
  shape: readonly number[];
}

/**
 * A network for one image at a time that leaves at the first exit which is sure enough: what comes after an exit is in the second branch of an
 * `If`, with the constants that it alone reads, so that the runtime prepares them as it does elsewhere (Teerapittayanon, McDanel and Kung 2016,
 * "BranchyNet"). Constants of a kilobyte at most are copied to wherever they are read, larger ones that several parts read stay outside.
 * @param network for one image; weights may be stored in any form. It is not changed.
 * @param exits from the first
 */
export function networkWithExits(network: Graph, exits: readonly Exit[], answer: Answer): Graph {
  const writer = new ExitWriter(network, exits, answer);
  const { nodes, initializers } = writer.part(0);
  const [output] = network.outputs;
  return { ...network, nodes, initializers, outputs: [{ ...output!, shape: [...answer.shape] }] };
}

/** Constants up to this size are copied. */
const copiedBytes = 1024;

class ExitWriter {
  private readonly names: FreshNames;
  private readonly depths: ReadonlyMap<Node, number>;
  /** How deep parts read a constant, from the outermost. */
  private readonly readers = new Map<string, number[]>();

  constructor(
    private readonly network: Graph,
    private readonly exits: readonly Exit[],
    private readonly answer: Answer,
  ) {
    this.names = new FreshNames(network);
    this.depths = nodeDepths(
      network,
      exits.map(({ place }) => place.producer),
    );
    for (const [node, depth] of this.depths)
      for (const input of node.inputs) {
        if (!network.initializers.has(input)) continue;
        const known = this.readers.get(input) ?? [];
        if (!known.includes(depth))
          this.readers.set(
            input,
            [...known, depth].sort((a, b) => a - b),
          );
      }
  }

  /** The part of the network from an exit to the next, with all that follows within it. */
  part(depth: number): Subgraph {
    const { network, exits, names } = this;
    const output = network.outputs[0]!.name;
    // A value within a branch may not have the name of one around it.
    const result = depth === 0 ? output : names.like(output);
    const renamed = new Map<string, string>();
    const graph: Graph = { ...network, nodes: [], initializers: this.constantsOf(depth, renamed) };
    const isLast = depth === exits.length;
    if (isLast) renamed.set(output, result);
    const nameOf = (name: string): string => renamed.get(name) ?? name;
    for (const [node, at] of this.depths)
      if (at === depth)
        graph.nodes.push({ ...node, inputs: node.inputs.map(nameOf), outputs: node.outputs.map(nameOf) });
    if (!isLast) this.writeExit(graph, depth, result, nameOf);
    return { name: `part ${depth + 1}`, inputs: [], outputs: [this.outputNamed(result)], ...partsOf(graph) };
  }

  /** Constants that a part holds, under the names that they have there. */
  private constantsOf(depth: number, renamed: Map<string, string>): Graph['initializers'] {
    const constants: Graph['initializers'] = new Map();
    for (const [name, tensor] of this.network.initializers) {
      const [outermost, ...others] = this.readers.get(name) ?? [];
      if (outermost === depth) constants.set(name, tensor);
      else if (others.includes(depth) && tensor.data.byteLength <= copiedBytes) {
        const copy = this.names.like(name);
        renamed.set(name, copy);
        constants.set(copy, tensor);
      }
    }
    return constants;
  }

  private writeExit(graph: Graph, depth: number, result: string, nameOf: (name: string) => string): void {
    const { place, head, threshold, name } = this.exits[depth]!;
    const write = new NodeWriter(graph, this.names);
    const features = writeFeatures(write, place, nameOf);
    const scores = write.emit('Gemm', [features, write.store(head.weight), write.store(head.bias)], {
      transB: attr.int(1),
    });
    const surest = write.emit('ReduceMax', [write.emit('Softmax', [scores])], { keepdims: attr.int(0) });
    const isSure = write.emit('GreaterOrEqual', [surest, write.store(float32Tensor([], [threshold]))]);
    write.append();
    const branches = {
      then_branch: { type: 'graph', value: this.leaving(scores) },
      else_branch: { type: 'graph', value: this.part(depth + 1) },
    } as const;
    graph.nodes.push(makeNode('If', [isSure], [result], branches, name));
  }

  /** The answer of an exit, in the form of the network's. */
  private leaving(scores: string): Subgraph {
    const { softmax, shape } = this.answer;
    const graph: Graph = { ...this.network, nodes: [], initializers: new Map() };
    const write = new NodeWriter(graph, this.names);
    const answers = write.emit(softmax ?? 'Identity', [scores]);
    const target = int64Tensor([shape.length], shape);
    const shaped = shape.length === 2 ? answers : write.emit('Reshape', [answers, write.store(target)]);
    write.append();
    return { name: 'leaving', inputs: [], outputs: [this.outputNamed(shaped)], ...partsOf(graph) };
  }

  private outputNamed(name: string): Graph['outputs'][number] {
    return makeValue(name, this.network.outputs[0]!.type, this.answer.shape);
  }
}

const partsOf = ({ nodes, initializers }: Graph): Pick<Subgraph, 'nodes' | 'initializers'> => ({ nodes, initializers });
