import type { ChannelAxis, ChannelGroups } from '../../onnx/channel-groups';
import { singleBatch } from '../../onnx/classifier';
import { elementCount, type Graph, type Node } from '../../onnx/graph';
import { inferShapes } from '../../onnx/shapes';

/** What a layer costs with these channels, in any unit. Of a depthwise layer both numbers are the same. */
export type LayerCost = (node: Node, inputs: number, outputs: number) => number;

interface LayerChannels {
  node: Node;
  inputs: ChannelAxis | undefined;
  outputs: ChannelAxis;
}

/** Convolutions and matrix products with what each reads and makes. */
function layersOf({ axes }: ChannelGroups): LayerChannels[] {
  const inputs = new Map(axes.filter(({ role }) => role === 'reads').map((axis) => [axis.node, axis]));
  return axes
    .filter(({ node, role, input }) => role === 'produces' || (role === 'follows' && input === 1 && node.op === 'Conv'))
    .map((outputs) => ({ node: outputs.node, outputs, inputs: inputs.get(outputs.node) }));
}

/** Positions of the output at which weights are used: 1 for a matrix product. */
function usesOfWeights(graph: Graph, node: Node, shapes: ReturnType<typeof inferShapes>): number {
  if (node.op !== 'Conv') return 1;
  const spatial = shapes.get(node.outputs[0]!)?.shape.slice(2).map(Number) ?? [];
  return elementCount(spatial) || 1;
}

/** Multiply-accumulates of one image, or weights, of the layers of `graph` at other widths. */
export function arithmeticCost(graph: Graph, unit: 'macs' | 'params'): LayerCost {
  const shapes = inferShapes(graph, singleBatch(graph));
  const perPair = new Map<Node, { cost: number; inputs: boolean }>();
  return (node, inputs, outputs) => {
    let known = perPair.get(node);
    if (!known) {
      const weight = graph.initializers.get(node.inputs[1]!)!.shape;
      const kernel = node.op === 'Conv' ? elementCount(weight.slice(2)) : 1;
      const uses = unit === 'macs' ? usesOfWeights(graph, node, shapes) : 1;
      known = { cost: kernel * uses, inputs: node.op !== 'Conv' || weight[1]! > 1 };
      perPair.set(node, known);
    }
    return known.cost * outputs * (known.inputs ? inputs : 1);
  };
}

/** The cost of a network while groups are taken from it. */
export class ChannelCosts {
  private readonly layers: LayerChannels[];
  private readonly widths: { inputs: number; outputs: number }[];
  private readonly current: number[];
  /** For each group: layer, and by how many inputs and outputs it gets narrower. */
  private readonly uses: Map<number, { inputs: number; outputs: number }>[];
  readonly full: number;

  constructor(
    groups: ChannelGroups,
    private readonly costOf: LayerCost,
  ) {
    this.layers = layersOf(groups);
    this.uses = Array.from({ length: groups.count }, () => new Map<number, { inputs: number; outputs: number }>());
    this.widths = this.layers.map(({ node, inputs, outputs }, layer) => {
      const note = (axis: ChannelAxis | undefined, side: 'inputs' | 'outputs'): void =>
        axis?.groups.forEach((group) => {
          const use = this.uses[group]!.get(layer) ?? { inputs: 0, outputs: 0 };
          use[side]++;
          this.uses[group]!.set(layer, use);
        });
      note(inputs, 'inputs');
      note(outputs, 'outputs');
      return { inputs: inputs?.groups.length ?? weightInputs(node, outputs), outputs: outputs.groups.length };
    });
    this.current = this.widths.map(({ inputs, outputs }, layer) => costOf(this.layers[layer]!.node, inputs, outputs));
    this.full = this.total;
  }

  get total(): number {
    return this.current.reduce((sum, cost) => sum + cost, 0);
  }

  private changes(removed: readonly number[]): Map<number, { inputs: number; outputs: number }> {
    const changes = new Map<number, { inputs: number; outputs: number }>();
    for (const group of removed)
      for (const [layer, use] of this.uses[group]!) {
        const change = changes.get(layer) ?? { inputs: 0, outputs: 0 };
        changes.set(layer, { inputs: change.inputs + use.inputs, outputs: change.outputs + use.outputs });
      }
    return changes;
  }

  /** What taking these groups as well would save. */
  saved(removed: readonly number[]): number {
    let sum = 0;
    for (const [layer, change] of this.changes(removed)) {
      const { inputs, outputs } = this.widths[layer]!;
      const { node } = this.layers[layer]!;
      sum += this.current[layer]! - this.costOf(node, inputs - change.inputs, outputs - change.outputs);
    }
    return sum;
  }

  remove(removed: readonly number[]): void {
    for (const [layer, change] of this.changes(removed)) {
      const width = this.widths[layer]!;
      width.inputs -= change.inputs;
      width.outputs -= change.outputs;
      this.current[layer] = this.costOf(this.layers[layer]!.node, width.inputs, width.outputs);
    }
  }
}

/** Inputs of a layer whose input channels are not followed: a number that stays the same. */
function weightInputs(node: Node, outputs: ChannelAxis): number {
  return node.op === 'Conv' && outputs.role === 'follows' ? outputs.groups.length : 1;
}
