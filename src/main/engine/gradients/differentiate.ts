import { isNumeric } from '../onnx/evaluate/value';
import { FreshNames } from '../onnx/fresh-names';
import { copyGraph, type Graph, type Node } from '../onnx/graph';
import { analyseShapes } from '../onnx/shapes';
import type { EstimatedGradient } from './estimated-gradient';
import { GradientWriter } from './gradient-writer';
import { NoGradient } from './no-gradient';
import { activationRules } from './rules/activations';
import { arithmeticRules } from './rules/arithmetic';
import { convolutionRule } from './rules/convolution';
import { gatheringRules } from './rules/gathering';
import { matrixRules } from './rules/matrix';
import { movementRules } from './rules/movement';
import { normalizationRules } from './rules/normalization';
import { poolingRules } from './rules/pooling';
import { reductionRules } from './rules/reduction';
import type { GradientContext, GradientRule } from './rules/rule';

const rules: Record<string, GradientRule> = {
  ...activationRules,
  ...arithmeticRules,
  ...gatheringRules,
  ...matrixRules,
  ...movementRules,
  ...normalizationRules,
  ...poolingRules,
  ...reductionRules,
  Conv: convolutionRule,
};

/** Scattered sums came with opset 16, layer normalization with 17; from 13 to 17 no operator changed its meaning. */
const leastOpset = 17;

export interface Differentiated {
  /** The graph with the backward pass behind its own nodes. */
  graph: Graph;
  /** The value that holds d loss / d input; absent for inputs that the loss does not depend on. */
  gradients: Map<string, string>;
}

/**
 * Reverse-mode differentiation of a graph as a graph: behind the nodes come those that compute d loss / d input for the wanted inputs.
 * Constants have no gradient, so what is trained must be an input (`withParameters`).
 * @param graph opset 13 or later, with a number for every dimension
 * @param loss name of a scalar value
 * @param wanted names of float32 inputs with at least one axis
 * @param estimated gradients of values that have no other, by name
 * Throws NoGradient: an operator between them has no rule.
 */
export function differentiate(
  graph: Graph,
  loss: string,
  wanted: readonly string[],
  estimated: ReadonlyMap<string, EstimatedGradient> = new Map(),
): Differentiated {
  const result = copyGraph(graph);
  result.opsets[''] = Math.max(leastOpset, result.opsets['']!);
  const write = new GradientWriter(result, new FreshNames(result));
  const active = activeValues(result.nodes, wanted);
  const collected = new Map<string, [string, ...string[]]>([[loss, [write.scalar(1)]]]);
  const collect = (value: string, gradient: string | undefined): void => {
    if (gradient === undefined || !active.has(value)) return;
    const known = collected.get(value);
    if (known) known.push(gradient);
    else collected.set(value, [gradient]);
  };
  const contextOf = contexts(result, write, active);
  for (const node of [...result.nodes].reverse()) {
    if (!node.inputs.some((input) => active.has(input))) continue;
    const gradients = node.outputs.map((output) => total(collected, output, write));
    if (gradients.every((gradient) => gradient === undefined)) continue;
    const estimate = estimated.get(node.outputs[0]!);
    if (estimate && gradients[0] !== undefined) {
      const shares = estimate(write, gradients[0], (value) => active.has(value));
      for (const [value, gradient] of shares) collect(value, gradient);
      continue;
    }
    const context = contextOf(node, gradients);
    const rule = node.domain === '' && Object.hasOwn(rules, node.op) ? rules[node.op] : undefined;
    if (!rule) context.fail('Whittle has no gradient for this operator');
    else if (node.op !== 'Split' && gradients[0] === undefined) context.fail('the loss depends on its further outputs');
    else rule(context).forEach((gradient, at) => collect(node.inputs[at]!, gradient));
  }
  const gradients = new Map<string, string>();
  for (const name of wanted) {
    const gradient = total(collected, name, write);
    if (gradient !== undefined) gradients.set(name, gradient);
  }
  write.append();
  return { graph: result, gradients };
}

/** What depends on the wanted inputs. */
function activeValues(nodes: readonly Node[], wanted: readonly string[]): Set<string> {
  const active = new Set(wanted);
  for (const node of nodes)
    if (node.inputs.some((input) => active.has(input)))
      for (const output of node.outputs) if (output !== '') active.add(output);
  return active;
}

/** The sum of all that came together at a value, which is then one. */
function total(
  collected: Map<string, [string, ...string[]]>,
  value: string,
  write: GradientWriter,
): string | undefined {
  const parts = collected.get(value);
  if (!parts) return undefined;
  const sum = write.add(...parts);
  collected.set(value, [sum]);
  return sum;
}

function contexts(graph: Graph, write: GradientWriter, active: ReadonlySet<string>) {
  const { shapes, known } = analyseShapes(graph);
  return (node: Node, gradients: readonly (string | undefined)[]): GradientContext => {
    const fail = (detail: string): never => {
      throw new NoGradient(node, detail);
    };
    return {
      node,
      gradients,
      gradient: gradients[0] ?? '',
      write,
      isWanted: (input) => active.has(node.inputs[input] ?? ''),
      shapeOf(value) {
        const shape = shapes.get(value)?.shape ?? fail(`the shape of "${value}" is not known`);
        return shape.map((size) => (typeof size === 'number' ? size : fail(`"${value}" has open dimensions`)));
      },
      typeOf: (value) => shapes.get(value)?.type ?? fail(`the type of "${value}" is not known`),
      known(input) {
        const value = known.get(node.inputs[input] ?? '');
        return value && isNumeric(value) ? value.data : undefined;
      },
      fail,
    };
  };
}
