import { FreshNames } from '../onnx/fresh-names';
import { copyGraph, type Graph, type GraphValue, type Tensor } from '../onnx/graph';
import { makeValue } from '../onnx/make';
import { removeDead } from '../onnx/remove-dead';
import { differentiate } from '../gradients/differentiate';
import type { EstimatedGradient } from '../gradients/estimated-gradient';
import { GradientWriter } from '../gradients/gradient-writer';
import { clipByGlobalNorm, type Optimizer } from '../gradients/optimizers';
import { withParameters } from '../gradients/parameters';

export interface ParameterGroup {
  weightDecay: number;
  /** Its learning rate is the step's times this, or times numbers in a shape that broadcasts to its own; 1 where absent. */
  rate?: number | Tensor;
  /** Of the parameter's shape: 0 where it never changes, 1 elsewhere. */
  mask?: Tensor;
  /**
   * The value, of its shape, whose gradient it takes, as if that were the parameter itself: a straight-through estimate where the value only
   * follows the parameter from time to time (Bengio et al. 2013). Its own where absent.
   */
  gradientOf?: string;
}

/** What a network is trained for, as values of its graph. */
export interface Objective {
  /** A scalar. */
  loss: string;
  /** Inputs that it needs besides the network's. */
  inputs: GraphValue[];
  /** A scalar: the share of the images that get the class that they should. */
  agreement?: string;
}

export interface StepOptions {
  /** Names of constants to train. */
  parameters: ReadonlyMap<string, ParameterGroup>;
  optimizer: Optimizer;
  /** Writes the loss behind the network. */
  objective(write: GradientWriter, network: Graph): Objective;
  /** Values that other constants take after the step, such as running statistics, by the constants. */
  replaced?: ReadonlyMap<string, string>;
  /** Constants that whoever trains may change between steps, by their names: they become inputs, and nothing is learned of them. */
  settings?: readonly string[];
  /** Gradients of values that have no other, by name. */
  estimated?: ReadonlyMap<string, EstimatedGradient>;
  /** Most that the norm of all gradients together may be; absent: anything. */
  largestNorm?: number;
  /** The network as it answers in the end, where it computes otherwise while it is trained: what judges. It has the same constants, and the values that the loss looks at. */
  judged?: Graph;
}

/** A training step as a graph: images and what the loss needs go in with the parameters, the loss and new parameters come out. */
export interface StepGraph {
  graph: Graph;
  /** Its forward pass alone, with the same inputs but for the optimiser's: the loss comes out, and the agreement. */
  judge: Graph;
  /** The output that holds the loss, a scalar. */
  loss: string;
  /** The outputs of `judge` that hold the loss and the agreement, scalars. */
  judgedLoss: string;
  agreement?: string;
  /** The input `[1]` that takes the learning rate. */
  learningRate: string;
  /** Outputs by the inputs that take them at the next step: parameters, and what the optimiser keeps. */
  carried: ReadonlyMap<string, string>;
  /** Those of the carried inputs that begin as the network's constants; the others begin as zeros. */
  parameters: readonly string[];
  /** The carried input that holds a parameter's mean over steps, by the parameter; empty where the optimiser keeps none. */
  means: ReadonlyMap<string, string>;
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
    judged,
    replaced = new Map<string, string>(),
    settings = [],
  } = options;
  const withLoss = (whole: Graph): { forward: Graph; loss: string; agreement?: string } => {
    const forward = withParameters(whole, [...parameters.keys(), ...replaced.keys(), ...settings]);
    const write = new GradientWriter(forward, new FreshNames(forward));
    const { inputs, ...written } = objective(write, forward);
    write.append();
    forward.inputs.push(...inputs);
    return { forward, ...written };
  };
  const own = withLoss(network);
  const { forward, loss } = own;
  const { forward: answering, loss: judgedLoss, agreement } = judged ? withLoss(judged) : own;
  const sources = new Map([...parameters].map(([name, { gradientOf = name }]) => [name, gradientOf]));
  const wanted = [...new Set(sources.values())];
  const { graph, gradients: found } = differentiate(forward, loss, wanted, options.estimated);
  const gradients = new Map([...sources].flatMap(([name, source]) => entryOf(name, found.get(source))));
  const judge = copyGraph({ ...answering, opsets: graph.opsets });
  judge.outputs = [judgedLoss, ...(agreement === undefined ? [] : [agreement])].map((name) =>
    makeValue(name, 'float32', []),
  );
  const left = [...parameters.keys()].filter((name) => !gradients.has(name));
  for (const each of [graph, judge]) {
    each.inputs = each.inputs.filter(({ name }) => !left.includes(name));
    for (const name of left) each.initializers.set(name, network.initializers.get(name)!);
  }
  const { updated, means } = appendUpdates(graph, network, gradients, { parameters, optimizer, largestNorm });
  const carried = new Map([...updated, ...replaced]);
  graph.outputs = [
    makeValue(loss, 'float32', []),
    ...[...carried].map(([input, output]) => ({ ...graph.inputs.find(({ name }) => name === input)!, name: output })),
  ];
  const constants = [...gradients.keys(), ...replaced.keys()];
  return {
    graph: removeDead(graph),
    judge: removeDead(judge),
    loss,
    judgedLoss,
    agreement,
    learningRate,
    carried,
    parameters: constants,
    means,
    settings,
    optimizer,
  };
}

const entryOf = <T>(name: string, value: T | undefined): [string, T][] => (value === undefined ? [] : [[name, value]]);

interface Updates {
  /** Outputs by the inputs that take them next. */
  updated: Map<string, string>;
  means: Map<string, string>;
}

/** Adds the nodes and inputs of the optimiser. */
function appendUpdates(
  graph: Graph,
  network: Graph,
  gradients: ReadonlyMap<string, string>,
  { parameters, optimizer, largestNorm }: Pick<StepOptions, 'parameters' | 'optimizer' | 'largestNorm'>,
): Updates {
  const names = new FreshNames(graph);
  const write = new GradientWriter(graph, names);
  const trained = [...gradients.keys()];
  const masked = trained.map((name) => {
    const mask = parameters.get(name)!.mask;
    return mask ? write.multiply(gradients.get(name)!, write.store(mask)) : gradients.get(name)!;
  });
  const bounded = largestNorm === undefined ? masked : clipByGlobalNorm(write, masked, largestNorm);
  graph.inputs.push(makeValue(learningRate, 'float32', [1]), ...optimizer.inputs);
  const updated = new Map<string, string>();
  const means = new Map<string, string>();
  for (const [at, name] of trained.entries()) {
    const { shape } = network.initializers.get(name)!;
    const { weightDecay, rate = 1 } = parameters.get(name)!;
    const states = Array.from({ length: optimizer.states }, (_, index) => names.like(`${name}.state${index}`));
    graph.inputs.push(...states.map((state) => makeValue(state, 'float32', shape)));
    const next = optimizer.update(write, {
      parameter: name,
      gradient: bounded[at]!,
      states,
      learningRate:
        typeof rate === 'number' ? write.scale(learningRate, rate) : write.multiply(learningRate, write.store(rate)),
      weightDecay,
    });
    updated.set(name, next.parameter);
    states.forEach((state, index) => updated.set(state, next.states[index]!));
    if (optimizer.mean !== undefined) means.set(name, states[optimizer.mean]!);
  }
  write.append();
  return { updated, means };
}
