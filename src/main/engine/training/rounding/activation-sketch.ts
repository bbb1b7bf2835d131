import { FreshNames } from '../../onnx/fresh-names';
import { copyGraph, type Graph, type Node } from '../../onnx/graph';
import { float32Tensor, makeNode } from '../../onnx/make';

/** Evenly spaced levels: scale times the integers from `lowest` to `highest`, of which 0 is one. */
export interface ActivationLevels {
  scale: number;
  lowest: number;
  highest: number;
  /** Where the scale may be another in the end: the most that it may be multiplied with. */
  most?: number;
}

/** A scale that may be learned. */
export interface FreeScale {
  /** The constant that holds it, `[1]`. */
  name: string;
  /** The most that it may be multiplied with. */
  most: number;
}

/** A network that rounds its activations, in operators that have gradients, and the same without: node by node alike. */
export interface ActivationSketch {
  graph: Graph;
  /** Identities where the other rounds. */
  reference: Graph;
  /** What is rounded, by the names of what comes of it. */
  sources: ReadonlyMap<string, string>;
  /** Scales that may be learned, by the values that are rounded. */
  scales: ReadonlyMap<string, FreeScale>;
}

/** A network whose activations stay as they are. */
export const plainSketch = (graph: Graph): ActivationSketch => ({
  graph,
  reference: graph,
  sources: new Map(),
  scales: new Map(),
});

/**
 * Rounds activations as QuantizeLinear and DequantizeLinear would: scale round(clip(x / scale, lowest, highest)). All that read them read what is
 * rounded.
 * @param levelsOf undefined for what stays as it is; never asked for outputs of the network
 */
export function sketchActivations(
  float: Graph,
  levelsOf: (value: string) => ActivationLevels | undefined,
): ActivationSketch {
  const [graph, reference] = [copyGraph(float), copyGraph(float)];
  const names = new FreshNames(float);
  const rounded = new Map<string, string>();
  const scales = new Map<string, FreeScale>();
  const outputs = new Set(float.outputs.map(({ name }) => name));
  graph.nodes = [];
  reference.nodes = [];
  const constant = (value: number): string => {
    const name = names.next();
    for (const each of [graph, reference]) each.initializers.set(name, float32Tensor([1], [value]));
    return name;
  };
  const round = (value: string): void => {
    const levels = outputs.has(value) ? undefined : levelsOf(value);
    if (!levels) return;
    const scale = constant(levels.scale);
    if (levels.most !== undefined) scales.set(value, { name: scale, most: levels.most });
    const steps: [op: string, constants: string[]][] = [
      ['Div', [scale]],
      // Before rounding, so that a gradient comes through all that is not cut off.
      ['Clip', [constant(levels.lowest), constant(levels.highest)]],
      ['Round', []],
      ['Mul', [scale]],
    ];
    let last = value;
    for (const [op, constants] of steps) {
      const output = names.next();
      graph.nodes.push(makeNode(op, [last, ...constants], [output], {}, ''));
      reference.nodes.push(makeNode('Identity', [last], [output], {}, ''));
      last = output;
    }
    rounded.set(value, last);
  };
  for (const { name } of float.inputs) round(name);
  for (const node of float.nodes) {
    const inputs = node.inputs.map((input) => rounded.get(input) ?? input);
    const copy = (): Node => ({ ...node, inputs: [...inputs], outputs: [...node.outputs] });
    graph.nodes.push(copy());
    reference.nodes.push(copy());
    for (const output of node.outputs) round(output);
  }
  return { graph, reference, sources: new Map([...rounded].map(([source, output]) => [output, source])), scales };
}
