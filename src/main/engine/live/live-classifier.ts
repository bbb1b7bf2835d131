import type { LiveAnswer } from '@shared/live/answer';
import { batchShape, normalizeFor } from '../dataset/normalize';
import { sessionOfTarget } from '../jobs/session-of-target';
import { AnswerScores } from '../measure/accuracy/answer-scores';
import { top5Of } from '../measure/accuracy/top-classes';
import { classScores, inputTensor, isIntegerScore, modelInput } from '../measure/model-input';
import { openScored } from '../measure/open-scored';
import { frameCrop } from './frame-crop';
import type { SideFrame, SideOrder } from './side-protocol';

export interface LiveClassifier {
  /** Throws as `frameCrop`, `model.differs`, `model.not-classifier`, `model.runtime-failed`. */
  classify(frame: SideFrame): Promise<LiveAnswer>;
  close(): Promise<void>;
}

/**
 * A model kept open for one frame after another, in the session options and with the preprocessing of an evaluation. One with a fixed batch
 * gets the frame and zeros.
 * Throws `target.unknown`, `model.differs`, `model.not-classifier`, `model.runtime-rejected`.
 */
export async function openLiveClassifier({ modelPath: path, card, target }: SideOrder): Promise<LiveClassifier> {
  const { runtime, ...options } = sessionOfTarget(target);
  const session = await openScored(runtime, path, card, options);
  try {
    const input = modelInput(session, card, path);
    const { name, outputName, pixels, scoreQuantization: quantization, fixedBatch: batch = 1 } = input;
    const normalize = normalizeFor(card, pixels);
    const shape = batchShape(card, batch);
    const size = shape.reduce((product, side) => product * side, 1);
    const data = pixels === 'uint8' ? new Uint8Array(size) : new Float32Array(size);
    let isFirst = true;
    return {
      async classify(frame) {
        const startedAt = performance.now();
        let readAt = startedAt;
        const crop = await frameCrop(frame, card.preprocess, () => (readAt = performance.now()));
        normalize(crop, data, 0);
        const feeds = { [name]: inputTensor(input, { shape, data }) };
        const feedsAt = performance.now();
        const output = (await session.run(feeds))[outputName];
        const outputAt = performance.now();
        const scores = classScores(output, { card, path, batch, quantization }).subarray(0, card.output.classes);
        const { classes, notNumbers } = top5Of(scores);
        const answers = new AnswerScores();
        answers.add(scores, classes);
        const [probabilities = []] = output && isIntegerScore(output.type, quantization) ? [] : answers.probabilities();
        const times = {
          capture: readAt - startedAt,
          preprocess: feedsAt - readAt,
          inference: outputAt - feedsAt,
          post: performance.now() - outputAt,
        };
        const answer = {
          top: classes.map((index, rank) => ({ class: index, score: probabilities[rank] })),
          notNumbers,
          times,
          isFirst,
        };
        isFirst = false;
        return answer;
      },
      close: () => session.close(),
    };
  } catch (thrown) {
    await session.close();
    throw thrown;
  }
}
