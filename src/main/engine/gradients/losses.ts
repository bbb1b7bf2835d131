import { attr, int32Tensor } from '../onnx/make';
import type { GradientWriter } from './gradient-writer';

/** Losses as nodes; all give a scalar, the mean over images. Scores are logits `[N,K]`. */

const logSoftmax = (write: GradientWriter, scores: string): string => write.emit('LogSoftmax', [scores]);

/**
 * Cross-entropy with the class of each image, over the images that have one.
 * @param labels int32 `[N]`; -1, or any number that is no class, where an image has none
 */
export function crossEntropy(write: GradientWriter, scores: string, labels: string, shape: readonly [number, number]) {
  const [images, classes] = shape;
  const numbers = write.store(
    int32Tensor(
      [1, classes],
      Array.from({ length: classes }, (_, at) => at),
    ),
  );
  const isClass = write.toFloat(write.emit('Equal', [write.reshape(labels, [images, 1]), numbers]));
  const labelled = write.emit('Max', [write.sum(isClass), write.scalar(1)]);
  const likelihood = write.sum(write.multiply(isClass, logSoftmax(write, scores)));
  return write.negate(write.divide(likelihood, labelled));
}

/**
 * T^2 KL(teacher || student) of probabilities at temperature T (Hinton, Vinyals and Dean 2015, "Distilling the knowledge in a neural
 * network"); the factor keeps gradients of the same size at every temperature.
 * @param teacher logits of the teacher, `[N,K]`
 */
export function softTargets(
  write: GradientWriter,
  scores: string,
  teacher: string,
  images: number,
  temperature: number,
): string {
  const [student, wanted] = [scores, teacher].map((logits) => logSoftmax(write, write.scale(logits, 1 / temperature)));
  const divergence = write.multiply(write.emit('Exp', [wanted!]), write.subtract(wanted!, student!));
  return write.scale(write.sum(divergence), temperature ** 2 / images);
}

/** The squared distance of features from those of the teacher, over the teacher's mean square: 1 for features that are all 0. */
export function featureDistance(write: GradientWriter, features: string, teacher: string): string {
  const difference = write.subtract(features, teacher);
  const error = write.sum(write.multiply(difference, difference));
  const power = write.sum(write.multiply(teacher, teacher));
  return write.divide(error, write.add(power, write.scalar(1e-12)));
}

/** The sum of losses times their weights. */
export function weightedSum(write: GradientWriter, losses: readonly { loss: string; weight: number }[]): string {
  const [first, ...rest] = losses
    .filter(({ weight }) => weight > 0)
    .map(({ loss, weight }) => write.scale(loss, weight));
  return write.add(first!, ...rest);
}

/** The share of images for which both have the highest score for the same class, a scalar. @param teacher `[N,K]`, as `scores` */
export function agreementOf(write: GradientWriter, scores: string, teacher: string, images: number): string {
  const [found, wanted] = [scores, teacher].map((each) =>
    write.emit('ArgMax', [each], { axis: attr.int(1), keepdims: attr.int(0) }),
  );
  return write.scale(write.sum(write.toFloat(write.emit('Equal', [found!, wanted!]))), 1 / images);
}
