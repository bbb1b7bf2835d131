import { AppError } from '@shared/errors';
import type { Augmentation } from '@shared/augmentation';
import { calculator, type RuntimeTensor } from '../compression/calculator';
import type { TechniqueContext, TrainingBatch, TrainingImages } from '../compression/calibration/technique-context';
import { differentiate } from '../gradients/differentiate';
import { GradientWriter } from '../gradients/gradient-writer';
import { crossEntropy } from '../gradients/losses';
import { withParameters } from '../gradients/parameters';
import { FreshNames } from '../onnx/fresh-names';
import { elementCount, type Graph, type Tensor } from '../onnx/graph';
import { float32Tensor, makeValue } from '../onnx/make';
import { removeDead } from '../onnx/remove-dead';
import { encodeModel } from '../onnx/save';
import { inferShapes } from '../onnx/shapes';
import { orRefusal } from './fine-tune';
import { logitsOf } from './logits';
import { withBatch } from './network-batch';
import { heldOutCount } from './run-training';
import { Teacher } from './teacher';

export interface SensitivityOrder {
  /** Weights to rate. */
  names: readonly string[];
  batch: number;
  /** So many batches of the first epoch, or all of it where it has fewer. */
  batches: number;
  augmentation: Augmentation;
}

const labelsInput = 'image.labels';

/**
 * What the loss would miss of each weight: |gradient x weight| of the cross-entropy with the classes of training images, the mean over
 * batches (Lee, Ajanthan and Torr 2019, "SNIP: single-shot network pruning based on connection sensitivity", without its common factor). The
 * mean of magnitudes, because in a network that was trained gradients of the whole loss are about zero. Images that judge the training
 * are left out; where none has a label, the classes are those that the float network gives.
 * @param network with plain weights
 * Throws `technique.not-applicable` for an operator without a gradient, `technique.failed` where too few images can be read, `cancelled`.
 */
export async function connectionSensitivity(
  id: string,
  network: Graph,
  teacher: Graph,
  images: TrainingImages,
  order: SensitivityOrder,
  context: Pick<TechniqueContext, 'card' | 'seed' | 'threads' | 'progress' | 'signal'>,
): Promise<Map<string, Tensor>> {
  const { names, batch, batches, augmentation } = order;
  const { card, seed, threads, signal } = context;
  const own = withBatch(network, batch);
  const classes = classesOf(own, batch);
  if (classes === undefined) {
    const detail = 'the shape of its class scores is not known';
    throw new AppError('technique.not-applicable', { id, model: card.name, detail });
  }
  const { graph, outputs } = orRefusal(id, card.name, () => sensitivityGraph(own, names, [batch, classes]));
  const weights = Object.fromEntries(names.map((name) => [name, network.initializers.get(name)! as RuntimeTensor]));
  const sums = new Map(names.map((name) => [name, new Float32Array(weights[name]!.data.length)]));
  const judges = heldOutCount(images.count, batch);
  const rated = judges > 0 ? images.holdOut(judges, seed).others : images;
  const float = withBatch(teacher, batch);
  const asked = logitsOf(float);
  const guide = await Teacher.open(float, [asked], threads);
  const labelsOf = async (next: TrainingBatch): Promise<Int32Array> =>
    next.labels ?? largestOfRows((await guide.answer(next))[asked]!.data as Float32Array, batch);
  try {
    const session = await calculator.open(encodeModel(graph), { threads });
    try {
      let done = 0;
      for await (const next of rated.trainingBatches({ seed, epoch: 0, batch, lastBatch: 'drop', augmentation })) {
        if (signal.aborted) throw new AppError('cancelled');
        context.progress('rating weights', done, batches);
        const { pixels: data, shape } = next;
        const labels: RuntimeTensor = { type: 'int32', shape: [batch], data: await labelsOf(next) };
        const input: RuntimeTensor = { type: 'float32', shape, data };
        const results = await session.run({ ...weights, [own.inputs[0]!.name]: input, [labelsInput]: labels });
        for (const [name, output] of outputs) {
          const sum = sums.get(name)!;
          (results[output]!.data as Float32Array).forEach((value, at) => (sum[at]! += value / batches));
        }
        if (++done === batches) break;
      }
      if (done === 0)
        throw new AppError('technique.failed', { id, detail: 'fewer images can be read than a batch has' });
    } finally {
      await session.close();
    }
  } finally {
    await guide.close();
  }
  return new Map([...sums].map(([name, sum]) => [name, float32Tensor(weights[name]!.shape as number[], sum)]));
}

/** Images, labels and weights in, |gradient x weight| out: outputs by weights, without those that the loss does not depend on. */
function sensitivityGraph(
  network: Graph,
  names: readonly string[],
  [batch, classes]: [number, number],
): { graph: Graph; outputs: Map<string, string> } {
  const forward = withParameters(network, names);
  const write = new GradientWriter(forward, new FreshNames(forward));
  const scores = logitsOf(forward);
  const loss = crossEntropy(write, write.reshape(scores, [batch, classes]), labelsInput, [batch, classes]);
  write.append();
  forward.inputs.push(makeValue(labelsInput, 'int32', [batch]));
  const { graph, gradients } = differentiate(forward, loss, names);
  const product = new GradientWriter(graph, new FreshNames(graph));
  const outputs = new Map(
    [...gradients].map(([name, gradient]) => [name, product.emit('Abs', [product.multiply(gradient, name)])]),
  );
  product.append();
  graph.outputs = [...outputs].map(([name, output]) =>
    makeValue(output, 'float32', network.initializers.get(name)!.shape),
  );
  return { graph: removeDead(graph), outputs };
}

function classesOf(network: Graph, batch: number): number | undefined {
  const shape = inferShapes(network).get(logitsOf(network))?.shape;
  return shape?.every((size) => typeof size === 'number') ? elementCount(shape) / batch : undefined;
}

function largestOfRows(scores: Float32Array, rows: number): Int32Array {
  const classes = scores.length / rows;
  return Int32Array.from({ length: rows }, (_, row) => {
    const own = scores.subarray(row * classes, (row + 1) * classes);
    return own.indexOf(own.reduce((most, score) => Math.max(most, score), -Infinity));
  });
}
