import { intAttribute } from './attributes';
import { isNumeric, tensorOf } from './evaluate/value';
import { FreshNames } from './fresh-names';
import {
  copyGraph,
  unknownDimension,
  type Dimension,
  type ElementType,
  type Graph,
  type Node,
  type Tensor,
} from './graph';
import { int64Tensor } from './make';
import { removeDead } from './remove-dead';
import { analyseShapes } from './shapes';

/** Results up to this size are always stored; larger ones only where that makes the file no larger. */
const smallBytes = 1024;

/**
 * Computes what is the same for every input image: arithmetic on constants, and on dimensions of values whose shape is
 * known (so `Shape -> Gather -> Concat -> Reshape` loses its first three nodes, also with an open batch). Weights that
 * are stored in a small form and decoded by the graph stay as they are.
 */
export function foldConstants(graph: Graph): Graph {
  const { known, shapes } = analyseShapes(graph);
  const result = copyGraph(graph);
  const names = new FreshNames(graph);
  let changed = false;
  const outputs = new Set(graph.outputs.map((output) => output.name));
  const decoded = decodedValues(graph);
  result.nodes = result.nodes.filter((node) => {
    const [output] = node.outputs;
    if (node.outputs.some((each) => decoded.has(each))) return true;
    if (output === undefined || node.outputs.length > 1 || outputs.has(output)) return true;
    const value = known.get(output);
    const tensor = value && isNumeric(value) ? tensorOf(value) : undefined;
    if (!tensor || !isWorthStoring(tensor, node, result.initializers)) return true;
    result.initializers.set(output, tensor);
    return false;
  });
  for (const node of result.nodes) {
    const target = known.get(node.inputs[1] ?? '');
    if (node.op !== 'Reshape' || node.domain !== '' || !target || isNumeric(target)) continue;
    const numbers = reshapeNumbers(
      target.data,
      shapes.get(node.inputs[0]!)?.shape,
      intAttribute(node, 'allowzero', 0) !== 0,
    );
    if (!numbers) continue;
    node.inputs[1] = names.like(`${node.name}_shape`);
    result.initializers.set(node.inputs[1], int64Tensor([numbers.length], numbers));
    changed = true;
  }
  return changed || result.nodes.length < graph.nodes.length ? removeDead(result) : graph;
}

const storedTypes = new Set<ElementType>(['int8', 'uint8', 'int4', 'uint4']);

/** What is computed from 8-bit and 4-bit constants: weights on their way back, whose small form is the point. */
function decodedValues(graph: Graph): Set<string> {
  const decoded = new Set<string>();
  for (const [name, tensor] of graph.initializers) if (storedTypes.has(tensor.type)) decoded.add(name);
  for (const node of graph.nodes) {
    // A shape does not depend on the values.
    if (node.op === 'Shape' || !node.inputs.some((input) => decoded.has(input))) continue;
    for (const output of node.outputs) decoded.add(output);
  }
  return decoded;
}

/**
 * A target such as [batch, 1280] written without its symbol: as 0 where the input has it at the same place, or as the
 * one -1.
 */
function reshapeNumbers(
  target: readonly Dimension[],
  input: readonly Dimension[] | undefined,
  allowZero: boolean,
): number[] | undefined {
  const symbols = target.filter((dimension) => typeof dimension === 'string');
  if (symbols.length !== 1 || symbols[0] === unknownDimension || target.includes(0)) return undefined;
  const at = target.indexOf(symbols[0]!);
  if (!target.includes(-1)) return target.map((dimension) => (typeof dimension === 'string' ? -1 : dimension));
  if (allowZero || input?.[at] !== symbols[0]) return undefined;
  return target.map((dimension) => (typeof dimension === 'string' ? 0 : dimension));
}

function isWorthStoring(tensor: Tensor, node: Node, initializers: Map<string, Tensor>): boolean {
  const constantBytes = node.inputs.reduce((sum, input) => sum + (initializers.get(input)?.data.byteLength ?? 0), 0);
  return tensor.data.byteLength <= Math.max(smallBytes, constantBytes);
}
