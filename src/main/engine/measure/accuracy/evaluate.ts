import type { ImageProblem } from '@shared/dataset';
import type { ModelCard } from '@shared/model-card';
import type { Images } from '../../dataset/image-batches';
import type { Runtime, SessionOptions } from '../../runtimes/runtime';
import type { Predictions } from './accuracy';
import { AnswerScores } from './answer-scores';
import { throwIfCancelled } from '../cancellation';
import { classScores, inputTensor, isIntegerScore, modelInput } from '../model-input';
import { openScored } from '../open-scored';
import { top5Of } from './top-classes';

/**
 * Images a call, for models that take any number. Measured on the three zoo networks with 1 and 2 threads: against batch 1,
 * batches of 4 to 32 change the time an image by 5 to 20 % (less than the noise between repetitions on one thread), while
 * activations grow with the batch. Eight takes most of the gain, and a cancel is heard within a second.
 */
export const defaultBatchSize = 8;

/** All that a float32 has. */
const keptDigits = 7;

export interface EvaluateOptions extends Pick<SessionOptions, 'threads' | 'device' | 'options'> {
  modelPath: string;
  card: ModelCard;
  /** Evaluation images only: techniques never see this split. */
  images: Images<'eval'>;
  runtime: Runtime;
  batchSize?: number;
  progress(stage: string, done: number, total: number): void;
  /** Told how the runtime runs the file, where that is not what one expects. */
  note?(sentence: string): void;
  signal: AbortSignal;
}

/** Answers of the model, and images that could not be read or whose scores hold values that are not numbers. */
export type Evaluation = Predictions & { problems: ImageProblem[] };

/**
 * Runs the file on every evaluation image. A model with a fixed batch gets that batch, the last one filled up with zeros whose
 * answers are dropped.
 *
 * Throws `cancelled`, `model.differs`, `model.not-classifier`, `model.runtime-rejected`, `model.runtime-failed`,
 * `dataset.unreadable`.
 */
export async function evaluateModel(options: EvaluateOptions): Promise<Evaluation> {
  const { modelPath: path, card, images, runtime, threads, device, signal, progress } = options;
  const { classes } = card.output;
  const session = await openScored(runtime, path, card, { threads, device, options: options.options });
  try {
    const input = modelInput(session, card, path);
    const { name, outputName, pixels, scoreQuantization, fixedBatch } = input;
    for (const sentence of session.notes ?? []) options.note?.(sentence);
    const batchSize = fixedBatch ?? options.batchSize ?? defaultBatchSize;
    const topK: number[][] = [];
    const bestOutputs: number[][] = [];
    const answers = new AnswerScores();
    let haveScale = true;
    const labels: number[] = [];
    const hashes: string[] = [];
    const notNumbers: ImageProblem[] = [];
    progress('images', 0, images.count);
    for await (const { data, shape, entries } of images.batches(batchSize, { type: pixels })) {
      throwIfCancelled(signal);
      const count = entries.length;
      const missing = fixedBatch === undefined ? 0 : fixedBatch - count;
      const feed = missing === 0 ? { shape, data } : filledUp(data, shape, count + missing);
      const outputs = await session.run({ [name]: inputTensor(input, feed) });
      const output = outputs[outputName];
      const scores = classScores(output, { card, path, batch: count + missing, quantization: scoreQuantization });
      haveScale &&= output !== undefined && !isIntegerScore(output.type, scoreQuantization);
      entries.forEach((entry, row) => {
        const own = scores.subarray(row * classes, (row + 1) * classes);
        const top = top5Of(own);
        topK.push(top.classes);
        bestOutputs.push(top.classes.map((index) => Number(own[index]!.toPrecision(keptDigits))));
        answers.add(own, top.classes);
        labels.push(entry.label);
        hashes.push(entry.hash);
        if (top.notNumbers > 0) {
          const message = `${path} gives ${top.notNumbers} values that are not numbers for ${entry.path}.`;
          notNumbers.push({ file: entry.path, message });
        }
      });
      progress('images', topK.length + images.problems.length, images.count);
    }
    const problems = [...images.problems, ...notNumbers];
    const scored = haveScale ? { scores: answers.probabilities() } : {};
    const { precision } = session;
    const computed = precision === undefined ? {} : { precision };
    const skipped = images.problems.length;
    const kept = { topK, ...scored, outputs: bestOutputs };
    return { n: topK.length, classes, ...kept, labels, hashes, skipped, ...computed, problems };
  } finally {
    await session.close();
  }
}

function filledUp<T extends Float32Array | Uint8Array>(
  data: T,
  shape: readonly number[],
  batch: number,
): { shape: number[]; data: T } {
  const [count, ...image] = shape as [number, ...number[]];
  const size = (data.length / count) * batch;
  const full = (data instanceof Uint8Array ? new Uint8Array(size) : new Float32Array(size)) as T;
  full.set(data);
  return { shape: [batch, ...image], data: full };
}
