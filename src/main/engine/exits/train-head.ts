import { AppError } from '@shared/errors';
import { createRandom } from '../compression/algebra/random';
import type { TechniqueContext } from '../compression/calibration/technique-context';
import { crossEntropy, softTargets, weightedSum } from '../gradients/losses';
import { adamW } from '../gradients/optimizers';
import type { Graph } from '../onnx/graph';
import { attr, makeNode, makeValue } from '../onnx/make';
import { cosine, withWarmUp } from '../training/schedule';
import { stepGraph } from '../training/step-graph';
import { TrainingSession } from '../training/training-session';
import type { ExitHead } from './exit-head';
import { featureScale, standardized, unscaled } from './feature-scale';
import { regressedHead } from './regressed-head';
import type { SeenImages } from './seen-images';

export interface HeadOptions {
  /** Which of the exits. */
  exit: number;
  classes: number;
  /** Times that every view of an image is trained on. */
  epochs: number;
  /** Different images among what was seen. */
  images: number;
  /** Share of the loss that true classes have. */
  labelShare: number;
}

const batchSize = 64;
const weightDecay = 1e-3;
const warmUp = 0.05;
/** Over the root of the channels: the more of them, the further one step of all weights moves a score. */
const learningRate = 3e-3;
const optimizer = adamW();
const [features, teacher, labels] = ['features', 'teacher', 'labels'] as const;

/**
 * Trains the head of an exit to answer as the whole network does, and as labels say where there are any: ridge regression onto the network's
 * scores, then gradient descent from there on the divergence of the answers. Features have mean 0 and variance 1 meanwhile.
 * Throws `technique.failed` where the loss is no longer a number, `cancelled`.
 */
export async function trainHead(
  id: string,
  seen: SeenImages,
  { exit, classes, epochs, images, labelShare }: HeadOptions,
  context: Pick<TechniqueContext, 'seed' | 'threads' | 'progress' | 'signal'>,
): Promise<ExitHead> {
  const { count, scores } = seen;
  const scale = featureScale(seen.features[exit]!, count);
  const rows = standardized(seen.features[exit]!, scale);
  const channels = scale.means.length;
  const start = await regressedHead(rows, scores, { count, channels, classes, images, threads: context.threads });
  const batch = Math.min(batchSize, count);
  const network = headNetwork(start, batch);
  const step = stepGraph(network, {
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
  const session = await TrainingSession.open(step, network.initializers, context.threads);
  try {
    const [steps, rateAt] = [Math.floor(count / batch) * epochs, withWarmUp(cosine, warmUp)];
    const given = {
      [features]: { type: 'float32' as const, shape: [batch, channels], data: new Float32Array(batch * channels) },
      [teacher]: { type: 'float32' as const, shape: [batch, classes], data: new Float32Array(batch * classes) },
      [labels]: { type: 'int32' as const, shape: [batch], data: new Int32Array(batch) },
    };
    const order = Uint32Array.from({ length: count }, (_, row) => row);
    const random = createRandom(`${context.seed}/exit ${exit}`);
    for (let done = 0; done < steps; done++) {
      const at = (done * batch) % (count - (count % batch));
      if (at === 0) shuffle(order, random);
      order.subarray(at, at + batch).forEach((row, place) => {
        given.features.data.set(rows.subarray(row * channels, (row + 1) * channels), place * channels);
        given.teacher.data.set(scores.subarray(row * classes, (row + 1) * classes), place * classes);
        given.labels.data[place] = seen.labels[row]!;
      });
      if (context.signal.aborted) throw new AppError('cancelled');
      context.progress(`training exit ${exit + 1}`, done, steps);
      const loss = await session.train(given, (learningRate / Math.sqrt(channels)) * rateAt(done, steps));
      if (!Number.isFinite(loss))
        throw new AppError('technique.failed', { id, detail: `the loss of exit ${exit + 1} is no longer a number` });
    }
    const learned = session.parameters();
    return unscaled({ weight: learned.get('weight')!, bias: learned.get('bias')! }, scale);
  } finally {
    await session.close();
  }
}

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
