import { AppError } from '@shared/errors';
import { calculator } from '../../compression/calculator';
import { featureDistance } from '../../gradients/losses';
import { adamW } from '../../gradients/optimizers';
import { elementCount, type Graph, type Tensor } from '../../onnx/graph';
import { float32Tensor, makeValue } from '../../onnx/make';
import { removeDead } from '../../onnx/remove-dead';
import { encodeModel } from '../../onnx/save';
import { withBatch } from '../network-batch';
import { cosine } from '../schedule';
import { stepGraph } from '../step-graph';
import { TrainingSession } from '../training-session';
import type { FreeScale } from './activation-sketch';
import { dropRounding } from './drop-rounding';
import { ExampleBatches } from './example-batches';
import { RandomMasks } from './random-masks';
import { learnSteps } from './learned-steps';
import { nodesOf, type RoundingUnit } from './rounding-units';
import { indecision, softenWeights, type AffineLayer } from './soft-rounding';
import type { Example, UnitExamples } from './unit-examples';

interface UnitProblem {
  unit: RoundingUnit;
  layers: readonly AffineLayer[];
  /** Names of the constants that are their biases. */
  biases: readonly string[];
  /** Of activations, those that are learned. */
  scales: readonly FreeScale[];
  /** Activations that are rounded, by the names of what comes of it. */
  sources: ReadonlyMap<string, string>;
  examples: UnitExamples;
  /** The relative error at the start, more than 0. */
  before: number;
}

interface UnitOptions {
  iterations: number;
  batch: number;
  seed: number;
  threads: number;
  signal: AbortSignal;
  /** Before each step, from 0. */
  onStep(step: number): void;
}

/** What was learned of a unit. */
interface LearnedUnit {
  layers: AffineLayer[];
  /** Biases and scales of activations by the names of the constants that hold them. */
  constants: Map<string, Tensor>;
}

/** The power of the regulariser falls from the first to the second. */
const [firstPower, lastPower] = [20, 2];
/**
 * Weight of the regulariser beside the error, in units of the error at the start, and the learning rate of the roundings. On small networks a weight of 1
 * leaves so many roundings undecided after some hundred steps that the error is larger than before.
 */
const [strength, learningRate] = [5, 0.05];
/** Of the learning rate, for biases as large as 1. */
const biasRate = 0.05;

const [targetInput, powerSetting] = ['unit.target', 'rounding.power'] as const;

/** A unit of a network as a graph of its own, for batches of open size. */
export function unitGraph(network: Graph, unit: RoundingUnit, { entryShape }: UnitExamples): Graph {
  return removeDead({
    ...network,
    inputs: [makeValue(unit.entry, 'float32', ['batch', ...entryShape])],
    outputs: [makeValue(unit.exit, 'float32', [])],
    nodes: nodesOf(unit, network),
    metadata: {},
  });
}

/** The squared error of what a unit gives, over the mean square of what it is to give. @param batch images that it takes at once */
export async function relativeError(
  graph: Graph,
  { entryShape }: UnitExamples,
  examples: readonly Example[],
  batch: number,
  threads: number,
): Promise<number> {
  const fixed = withBatch(graph, batch);
  const session = await calculator.open(encodeModel(fixed, { openOutputs: true }), { threads });
  const [input, output] = [fixed.inputs[0]!.name, fixed.outputs[0]!.name];
  const data = new Float32Array(batch * elementCount(entryShape));
  let [error, power] = [0, 0];
  try {
    for (let first = 0; first + batch <= examples.length; first += batch) {
      const part = examples.slice(first, first + batch);
      part.forEach(({ own }, at) => data.set(own, at * own.length));
      const results = await session.run({ [input]: { type: 'float32', shape: [batch, ...entryShape], data } });
      const found = results[output]!.data as Float32Array;
      part.forEach(({ target }, image) => {
        const from = image * target.length;
        for (let at = 0; at < target.length; at++) {
          error += (found[from + at]! - target[at]!) ** 2;
          power += target[at]! ** 2;
        }
      });
    }
  } finally {
    await session.close();
  }
  return power > 0 ? error / power : 0;
}

/** How fast biases are learned, by their names. */
function biasRates({ initializers }: Graph, names: readonly string[]): Map<string, number> {
  return new Map(
    names.map((name) => {
      const values = initializers.get(name)!.data as Float32Array;
      const size = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
      return [name, biasRate * (size || 1)];
    }),
  );
}

/**
 * Learns which way to round the weights of a unit, factors of their scales and of those of activations, and biases, so that the unit gives what it gives in the float
 * network although it reads what comes out of the layers rounded before: AdaRound's soft rounding with its annealed regulariser, for a block at a time.
 * @returns undefined where the loss is no longer a number
 * Throws NoGradient, `cancelled`.
 */
export async function learnRounding(
  network: Graph,
  { unit, layers, biases, scales, sources, examples, before }: UnitProblem,
  { iterations, batch, seed, threads, signal, onStep }: UnitOptions,
): Promise<LearnedUnit | undefined> {
  const hard = withBatch(unitGraph(network, unit, examples), batch);
  const dropped = dropRounding(hard, sources);
  const steps = learnSteps(dropped.graph, scales);
  const soft = softenWeights(steps.graph, layers);
  const { graph } = soft;
  const parameters = new Map([...soft.parameters, ...steps.parameters]);
  for (const [name, rate] of biasRates(graph, biases)) parameters.set(name, { weightDecay: 0, rate });
  graph.initializers.set(powerSetting, float32Tensor([1], [firstPower]));
  const step = stepGraph(graph, {
    parameters,
    settings: [powerSetting],
    estimated: steps.estimated,
    optimizer: adamW(),
    objective(write) {
      const error = write.scale(featureDistance(write, unit.exit, targetInput), 1 / before);
      const loss = write.add(error, write.scale(indecision(write, soft, powerSetting), strength));
      return { loss, inputs: [makeValue(targetInput, 'float32', [batch, ...examples.exitShape])] };
    },
  });
  const session = await TrainingSession.open(step, graph.initializers, threads);
  try {
    const batches = new ExampleBatches(examples, batch, sources.size > 0, seed);
    const masks = new RandomMasks(dropped.masks, seed);
    const inputs = {
      [unit.entry]: { type: 'float32', shape: [batch, ...examples.entryShape], data: batches.entry },
      [targetInput]: { type: 'float32', shape: [batch, ...examples.exitShape], data: batches.target },
    } as const;
    const power = session.setting(powerSetting)!;
    for (let done = 0; done < iterations; done++) {
      if (signal.aborted) throw new AppError('cancelled');
      onStep(done);
      power[0] = firstPower + ((lastPower - firstPower) * done) / iterations;
      batches.next();
      const feeds = { ...inputs, ...masks.next() };
      const loss = await session.train(feeds, learningRate * (0.1 + 0.9 * cosine(done, iterations)));
      if (!Number.isFinite(loss)) return undefined;
    }
    const learned = session.parameters();
    return {
      layers: soft.harden(learned),
      constants: new Map([...[...learned].filter(([name]) => biases.includes(name)), ...steps.scales(learned)]),
    };
  } finally {
    await session.close();
  }
}
