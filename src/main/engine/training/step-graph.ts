import { FreshNames } from '../onnx/fresh-names';
import type { Graph, GraphValue, Tensor } from '../onnx/graph';
import { makeValue } from '../onnx/make';
import { removeDead } from '../onnx/remove-dead';
import { differentiate } from '../gradients/differentiate';
import type { EstimatedGradient } from '../gradients/estimated-gradient';
import { GradientWriter } from '../gradients/gradient-writer';
import { clipByGlobalNorm, type Optimizer } from '../gradients/optimizers';
import { withParameters } from '../gradients/parameters';

export interface ParameterGroup {
  weightDecay: number;
  /** Its learning rate is the step's times this; 1 where absent. */
  rate?: number;
  /** Of the parameter's shape: 0 where it never changes, 1 elsewhere. */
  mask?: Tensor;
  /**
   * The value, of its shape, whose gradient it takes, as if that were the parameter itself: a straight-through estimate where the value only
   * follows the parameter from time to time (Bengio et al. 2013). Its own where absent.
   */
  gradientOf?: string;
}

export interface StepOptions {
  /** Names of constants to train. */
  parameters: ReadonlyMap<string, ParameterGroup>;
  optimizer: Optimizer;
  /** Writes the loss behind the network. @returns its name and the inputs it needs besides the network's */
  objective(write: GradientWriter, network: Graph): { loss: string; inputs: GraphValue[] };
  /** Values that other constants take after the step, such as running statistics, by the constants. */
  replaced?: ReadonlyMap<string, string>;
  /** Constants that whoever trains may change between steps, by their names: they become inputs, and nothing is learned of them. */
  settings?: readonly string[];
  /** Gradients of values that have no other, by name. */
  estimated?: ReadonlyMap<string, EstimatedGradient>;
  /** Most that the norm of all gradients together may be; absent: anything. */
  largestNorm?: number;
}

/** A training step as a graph: images and what the loss needs go in with the parameters, the loss and new parameters come out. */
export interface StepGraph {
  graph: Graph;
  /** The output that holds the loss, a scalar. */
  loss: string;
  /** The input `[1]` that takes the learning rate. */
  learningRate: string;
  /** Outputs by the inputs that take them at the next step: parameters, and what the optimiser keeps. */
  carried: ReadonlyMap<string, string>;
  /** Those of the carried inputs that begin as the network's constants; the others begin as zeros. */
  parameters: readonly string[];
  settings: readonly string[];
  optimizer: Optimizer;
}

const learningRate = 'learning.rate';

/**
 * Forward pass, loss, backward pass and update in one graph, which ONNX Runtime fuses and folds as a whole. Parameters that the loss does
 * not depend on are left out.
 * @param network with a number for every dimension
 * Throws NoGradient.
 */
export function stepGraph(network: Graph, options: StepOptions): StepGraph {
  const {
    parameters,
    optimizer,
    objective,
    largestNorm,
    replaced = new Map<string, string>(),
    settings = [],
  } = options;
  const forward = withParameters(network, [...parameters.keys(), ...replaced.keys(), ...settings]);
  const write = new GradientWriter(forward, new FreshNames(forward));
  const { loss, inputs } = objective(write, forward);
  write.append();
  forward.inputs.push(...inputs);
  const sources = new Map([...parameters].map(([name, { gradientOf = name }]) => [name, gradientOf]));
  const wanted = [...new Set(sources.values())];
  const { graph, gradients: found } = differentiate(forward, loss, wanted, options.estimated);
  const gradients = new Map([...sources].flatMap(([name, source]) => entryOf(name, found.get(source))));
  const left = [...parameters.keys()].filter((name) => !gradients.has(name));
  graph.inputs = graph.inputs.filter(({ name }) => !left.includes(name));
  for (const name of left) graph.initializers.set(name, network.initializers.get(name)!);
  const updated = appendUpdates(graph, network, gradients, { parameters, optimizer, largestNorm });
  const carried = new Map([...updated, ...replaced]);
  graph.outputs = [
    makeValue(loss, 'float32', []),
    ...[...carried].map(([input, output]) => ({ ...graph.inputs.find(({ name }) => name === input)!, name: output })),
  ];
  const constants = [...gradients.keys(), ...replaced.keys()];
  return { graph: removeDead(graph), loss, learningRate, carried, parameters: constants, settings, optimizer };
}

const entryOf = <T>(name: string, value: T | undefined): [string, T][] => (value === undefined ? [] : [[name, value]]);

/** Adds the nodes and inputs of the optimiser. @returns outputs by the inputs that take them next */
function appendUpdates(
  graph: Graph,
  network: Graph,
  gradients: ReadonlyMap<string, string>,
  { parameters, optimizer, largestNorm }: Pick<StepOptions, 'parameters' | 'optimizer' | 'largestNorm'>,
): Map<string, string> {
  const names = new FreshNames(graph);
  const write = new GradientWriter(graph, names);
  const trained = [...gradients.keys()];
  const masked = trained.map((name) => {
    const mask = parameters.get(name)!.mask;
    return mask ? write.multiply(gradients.get(name)!, write.store(mask)) : gradients.get(name)!;
  });
  const bounded = largestNorm === undefined ? masked : clipByGlobalNorm(write, masked, largestNorm);
  graph.inputs.push(makeValue(learningRate, 'float32', [1]), ...optimizer.inputs);
  const carried = new Map<string, string>();
  for (const [at, name] of trained.entries()) {
    const { shape } = network.initializers.get(name)!;
    const { weightDecay, rate = 1 } = parameters.get(name)!;
    const states = Array.from({ length: optimizer.states }, (_, index) => names.like(`${name}.state${index}`));
    graph.inputs.push(...states.map((state) => makeValue(state, 'float32', shape)));
    const next = optimizer.update(write, {
      parameter: name,
      gradient: bounded[at]!,
      states,
      learningRate: write.scale(learningRate, rate),
      weightDecay,
    });
    carried.set(name, next.parameter);
    states.forEach((state, index) => carried.set(state, next.states[index]!));
  }
  write.append();
  return carried;
}
