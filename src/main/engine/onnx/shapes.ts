import { intAttribute } from './attributes';
import { evaluate } from './evaluate/evaluate';
import { isNumeric, knownValueOf, type KnownValue } from './evaluate/value';
import type { Dimension, Graph, Node } from './graph';
import { elementwiseRules } from './shape-rules/elementwise';
import { matrixRules } from './shape-rules/matrix';
import { movementRules } from './shape-rules/movement';
import { reductionRules } from './shape-rules/reduction';
import { resizeRules } from './shape-rules/resize';
import { failWith, type RuleContext, type ShapeRule, type TypedShape } from './shape-rules/rule';
import { windowRules } from './shape-rules/windows';
import { sliceRange } from './slice-range';

export type { TypedShape } from './shape-rules/rule';

const rules: Record<string, ShapeRule> = {
  ...elementwiseRules,
  ...matrixRules,
  ...movementRules,
  ...reductionRules,
  ...resizeRules,
  ...windowRules,
};

/** Vectors this short are followed through shape arithmetic. */
const followedElements = 4096;

/**
 * The type and shape of every value of a graph: inputs, initializers and what nodes produce. Values behind operators
 * that are not known, or whose shape depends on the data, are absent; dimensions that cannot be told are
 * `unknownDimension`.
 * @param overrides shapes of inputs, e.g. `{ input: [1, 3, 224, 224] }` to make the batch a number.
 * Throws `model.invalid-graph` where shapes contradict each other.
 */
export function inferShapes(graph: Graph, overrides: Record<string, number[]> = {}): Map<string, TypedShape> {
  return analyseShapes(graph, overrides).shapes;
}

/** The same, with the elements of the small values that are the same for every input image. */
export function analyseShapes(
  graph: Graph,
  overrides: Record<string, number[]> = {},
): { shapes: Map<string, TypedShape>; known: Map<string, KnownValue> } {
  const shapes = new Map<string, TypedShape>();
  const known = new Map<string, KnownValue>();
  for (const { name, type, shape } of graph.inputs) {
    const given = overrides[name] ?? shape;
    // A file may leave the shape of an input out; an image is never a scalar.
    if (given.length > 0) shapes.set(name, { type, shape: given });
  }
  for (const [name, tensor] of graph.initializers) {
    shapes.set(name, { type: tensor.type, shape: tensor.shape });
    const value = tensor.data.length <= followedElements ? knownValueOf(tensor) : undefined;
    if (value) known.set(name, value);
  }
  const path = graph.origin ?? (graph.name || 'the network');
  for (const node of graph.nodes) inferNode(node, graph.opsets[node.domain] ?? 1, path, shapes, known);
  for (const { name, type, shape } of graph.outputs) if (!shapes.has(name)) shapes.set(name, { type, shape });
  return { shapes, known };
}

function inferNode(
  node: Node,
  opset: number,
  path: string,
  shapes: Map<string, TypedShape>,
  known: Map<string, KnownValue>,
): void {
  const first = node.outputs[0] ?? '';
  const value = knownResult(node, opset, shapes, known);
  if (value) {
    shapes.set(first, { type: value.type, shape: value.shape });
    if (value.data.length <= followedElements) known.set(first, value);
    return;
  }
  if (node.domain !== '' || !Object.hasOwn(rules, node.op)) return;
  const context: RuleContext = {
    node,
    opset,
    inputs: node.inputs.map((input) => shapes.get(input)),
    known: (input) => known.get(node.inputs[input] ?? ''),
    knownNumbers(input) {
      const found = known.get(node.inputs[input] ?? '');
      return found && isNumeric(found) ? found.data : undefined;
    },
    fail: failWith(path, node),
  };
  rules[node.op]!(context)?.forEach((output, index) => {
    const name = node.outputs[index] ?? '';
    if (output && name !== '') shapes.set(name, output);
  });
}

function knownResult(
  node: Node,
  opset: number,
  shapes: Map<string, TypedShape>,
  known: Map<string, KnownValue>,
): KnownValue | undefined {
  const x = shapes.get(node.inputs[0] ?? '');
  if (node.domain === '' && node.op === 'Shape' && x) return { type: 'int64', ...shapeVector(node, x.shape) };
  if (node.domain === '' && node.op === 'Size' && x) {
    const numbers = x.shape.filter((dimension) => typeof dimension === 'number');
    if (numbers.length < x.shape.length) return undefined;
    return { type: 'int64', shape: [], data: [numbers.reduce((product, size) => product * size, 1)] };
  }
  const inputs = node.inputs.map((input) => known.get(input));
  if (node.inputs.some((input, index) => input !== '' && inputs[index] === undefined)) return undefined;
  return evaluate(node, inputs, opset);
}

/** Shape has begin and end attributes since opset 15. */
function shapeVector(node: Node, shape: readonly Dimension[]): { shape: number[]; data: Dimension[] } {
  const { start, count } = sliceRange(
    shape.length,
    intAttribute(node, 'start', 0),
    intAttribute(node, 'end', shape.length),
    1,
  );
  return { shape: [count], data: shape.slice(start, start + count) };
}
