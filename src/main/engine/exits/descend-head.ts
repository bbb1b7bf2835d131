import { AppError } from '@shared/errors';
import { createRandom } from '../compression/algebra/random';
import type { RuntimeTensor } from '../compression/calculator';
import type { TechniqueContext } from '../compression/calibration/technique-context';
import { crossEntropy, softTargets, weightedSum } from '../gradients/losses';
import { adamW } from '../gradients/optimizers';
import type { Graph } from '../onnx/graph';
import { attr, makeNode, makeValue } from '../onnx/make';
import { cosine, withWarmUp } from '../training/schedule';
import { stepGraph, type StepGraph } from '../training/step-graph';
import { TrainingSession } from '../training/training-session';
import type { ExitHead } from './exit-head';
import type { HeadSamples } from './head-samples';

export interface Descent {
  /** Which of the exits. */
  exit: number;
  /** Along which the learning rate falls. */
  epochs: number;
  /** How many of them are done. */
  upTo: number;
  /** Samples a step; no more than there are to train on, and to judge. */
  batch: number;
  /** Share of the loss that true classes have. */
  labelShare: number;
}

const weightDecay = 1e-3;
const warmUp = 0.05;
/** Over the root of the channels: the more of them, the further one step of all weights moves a score. */
const learningRate = 3e-3;
/** Epochs in a row without gain after which it ends. */
const patience = 3;
const optimizer = adamW();
const [features, teacher, labels] = ['features', 'teacher', 'labels'] as const;

/**
 * Gradient descent from a head on the divergence of its answers from the network's, and as labels say where there are any.
 * @param judges samples that it is not trained on: it ends where they tell that it no longer gains, with the head that was best by then, which
 *   may be the first
 * @returns the head, and the epochs that it took
 * Throws `technique.failed` where the loss is no longer a number, `cancelled`.
 */
export async function descend(
  id: string,
  start: ExitHead,
  samples: HeadSamples,
  { exit, epochs, upTo, batch, labelShare }: Descent,
  context: Pick<TechniqueContext, 'seed' | 'threads' | 'progress' | 'signal'>,
  judges?: HeadSamples,
): Promise<{ head: ExitHead; epochs: number }> {
  if (upTo === 0) return { head: start, epochs: 0 };
  const [classes, channels] = start.weight.shape as [number, number];
  const network = headNetwork(start, batch);
  const session = await TrainingSession.open(stepOf(network, labelShare), network.initializers, context.threads);
  try {
    const stepsOfEpoch = Math.floor(samples.count / batch);
    const [steps, rateAt] = [stepsOfEpoch * epochs, withWarmUp(cosine, warmUp)];
    const feeds = batchFeeds(batch, channels, classes);
    const lossOn = async (of: HeadSamples): Promise<number> => {
      const [rows, count] = [everyRow(of), Math.floor(of.count / batch)];
      let sum = 0;
      for (let at = 0; at < count; at++)
        sum += await session.lossOn(feeds(of, rows.subarray(at * batch, (at + 1) * batch)));
      return sum / count;
    };
    let best = { epochs: judges ? 0 : upTo, loss: judges ? await lossOn(judges) : -Infinity };
    if (judges) session.keep();
    const order = everyRow(samples);
    const random = createRandom(`${context.seed}/exit ${exit}`);
    for (let epoch = 0; epoch < upTo && epoch < best.epochs + patience; epoch++) {
      shuffle(order, random);
      for (let step = 0; step < stepsOfEpoch; step++) {
        if (context.signal.aborted) throw new AppError('cancelled');
        const done = epoch * stepsOfEpoch + step;
        context.progress(`${judges ? 'choosing' : 'training'} exit ${exit + 1}`, done, stepsOfEpoch * upTo);
        const rate = (learningRate / Math.sqrt(channels)) * rateAt(done, steps);
        const loss = await session.train(feeds(samples, order.subarray(step * batch, (step + 1) * batch)), rate);
        if (!Number.isFinite(loss))
          throw new AppError('technique.failed', { id, detail: `the loss of exit ${exit + 1} is no longer a number` });
      }
      const loss = judges ? await lossOn(judges) : Infinity;
      if (loss >= best.loss) continue;
      best = { epochs: epoch + 1, loss };
      session.keep();
    }
    const learned = session.parameters();
    return { head: { weight: learned.get('weight')!, bias: learned.get('bias')! }, epochs: best.epochs };
  } finally {
    await session.close();
  }
}

function stepOf(network: Graph, labelShare: number): StepGraph {
  const [batch, classes] = network.outputs[0]!.shape as [number, number];
  return stepGraph(network, {
    parameters: new Map([
      ['weight', { weightDecay }],
      ['bias', { weightDecay: 0 }],
    ]),
    optimizer,
    objective: (write) => ({
      loss: weightedSum(write, [
        { loss: softTargets(write, 'scores', teacher, batch, 1), weight: 1 - labelShare },
        { loss: crossEntropy(write, 'scores', labels, [batch, classes]), weight: labelShare },
      ]),
      inputs: [makeValue(teacher, 'float32', [batch, classes]), makeValue(labels, 'int32', [batch])],
    }),
  });
}

/** Fills one set of buffers with the rows of a batch. */
function batchFeeds(
  batch: number,
  channels: number,
  classes: number,
): (samples: HeadSamples, rows: Uint32Array) => Record<string, RuntimeTensor> {
  const real = (width: number) => ({
    type: 'float32' as const,
    shape: [batch, width],
    data: new Float32Array(batch * width),
  });
  const given = {
    [features]: real(channels),
    [teacher]: real(classes),
    [labels]: { type: 'int32' as const, shape: [batch], data: new Int32Array(batch) },
  };
  return (samples, rows) => {
    rows.forEach((row, place) => {
      given.features.data.set(samples.rows.subarray(row * channels, (row + 1) * channels), place * channels);
      given.teacher.data.set(samples.scores.subarray(row * classes, (row + 1) * classes), place * classes);
      given.labels.data[place] = samples.labels[row]!;
    });
    return given;
  };
}

const everyRow = ({ count }: HeadSamples): Uint32Array => Uint32Array.from({ length: count }, (_, row) => row);

function headNetwork({ weight, bias }: ExitHead, batch: number): Graph {
  const [classes, channels] = weight.shape as [number, number];
  return {
    name: 'exit',
    producer: '',
    irVersion: 8,
    opsets: { '': 17 },
    inputs: [makeValue(features, 'float32', [batch, channels])],
    outputs: [makeValue('scores', 'float32', [batch, classes])],
    nodes: [makeNode('Gemm', [features, 'weight', 'bias'], ['scores'], { transB: attr.int(1) })],
    initializers: new Map([
      ['weight', weight],
      ['bias', bias],
    ]),
    metadata: {},
  };
}

/** In place (Fisher and Yates). */
function shuffle(order: Uint32Array, random: () => number): void {
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
}
