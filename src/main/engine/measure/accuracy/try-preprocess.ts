import type { TriedPreprocess, PreprocessTrial } from '@shared/contract';
import type { ModelCard } from '@shared/model-card';
import { presetNames, presetPreprocess } from '@shared/preprocess-presets';
import type { Images } from '../../dataset/image-batches';
import type { Runtime } from '../../runtimes/runtime';
import { throwIfCancelled } from '../cancellation';
import { classScores, inputTensor, modelInput } from '../model-input';
import { openScored } from '../open-scored';
import { defaultBatchSize } from './evaluate';
import { top5Of } from './top-classes';

/** Every preset in every order of the channels. */
function preprocessCandidates(card: ModelCard): Omit<TriedPreprocess, 'top1'>[] {
  const orders = card.input.channels === 'gray' ? (['gray'] as const) : (['RGB', 'BGR'] as const);
  return presetNames.flatMap((preset) =>
    orders.map((channels) => ({ preset, channels, preprocess: presetPreprocess(preset, { ...card.input, channels }) })),
  );
}

/** The card with a candidate in place of what it says. */
function candidateCard(card: ModelCard, { channels, preprocess }: Omit<TriedPreprocess, 'top1'>): ModelCard {
  return { ...card, input: { ...card.input, channels }, preprocess };
}

export interface TryPreprocessOptions {
  modelPath: string;
  /** Its preprocessing is what is tried; the rest is used as it is. */
  card: ModelCard;
  /** Labelled images, not of the evaluation split, as a card has them. */
  images: (card: ModelCard) => Images<'calibration' | 'train'>;
  runtime: Runtime;
  threads: number;
  progress(stage: string, done: number, total: number): void;
  signal: AbortSignal;
}

/** Top-1 of a network with each usual preprocessing, best first; of equal ones, the order of the presets. Throws as `evaluateModel`. */
export async function tryPreprocess(options: TryPreprocessOptions): Promise<PreprocessTrial> {
  const { modelPath: path, card, runtime, threads, progress, signal } = options;
  const candidates = preprocessCandidates(card);
  const session = await openScored(runtime, path, card, { threads });
  try {
    const input = modelInput(session, card, path);
    const { name, outputName, scoreQuantization, fixedBatch } = input;
    const tried: TriedPreprocess[] = [];
    let images = 0;
    for (const [index, candidate] of candidates.entries()) {
      progress('trying preprocessing', index, candidates.length);
      let [right, count] = [0, 0];
      const fed = options.images(candidateCard(card, candidate));
      for await (const { data, shape, entries } of fed.batches(fixedBatch ?? defaultBatchSize)) {
        throwIfCancelled(signal);
        // Of a network with a fixed batch, only what fills it.
        if (fixedBatch !== undefined && entries.length < fixedBatch) break;
        const outputs = await session.run({ [name]: inputTensor(input, { shape, data }) });
        const scores = classScores(outputs[outputName], {
          card,
          path,
          batch: entries.length,
          quantization: scoreQuantization,
        });
        const { classes } = card.output;
        entries.forEach(({ label }, row) => {
          if (top5Of(scores.subarray(row * classes, (row + 1) * classes)).classes[0] === label) right++;
          count++;
        });
      }
      images = count;
      tried.push({ ...candidate, top1: count === 0 ? 0 : (100 * right) / count });
    }
    return { images, tried: tried.sort((a, b) => b.top1 - a.top1) };
  } finally {
    await session.close();
  }
}
