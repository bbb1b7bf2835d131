import { createRandom } from '../compression/algebra/random';
import type { TechniqueContext } from '../compression/calibration/technique-context';
import type { Graph } from '../onnx/graph';
import { parseModel } from '../onnx/load';
import { encodeModel } from '../onnx/save';
import { decodeRounds, encodeRounds, type Round } from './rounds-checkpoint';

export interface RoundsOrder {
  /** Rising. */
  amounts: readonly number[];
  /** Percentage points that may be lost. */
  maxDrop: number;
  /** Compresses the network to an amount and trains it; undefined where it cannot be compressed further. */
  next(network: Graph, amount: number, context: TechniqueContext): Promise<Graph | undefined>;
  judge(network: Graph): Promise<Pick<Round, 'accuracy' | 'drop'>>;
}

/**
 * Compresses a network round after round until it would lose more than it may. A run that was interrupted goes on in the round in which it
 * was, from the network of the one before and with what the training of this one had saved. Where the training of a round was stopped by hand,
 * that round is the last.
 * @returns the network of the last round that kept the promise, and all rounds, of which the last may have broken it
 */
export async function compressInRounds(
  start: Graph,
  { amounts, maxDrop, next, judge }: RoundsOrder,
  context: TechniqueContext,
): Promise<{ network: Graph; rounds: Round[] }> {
  const { checkpoint, seed, card } = context;
  const saved = await checkpoint?.latest();
  const standing = (saved && decodeRounds(saved)) ?? { rounds: [] as Round[], network: undefined, training: undefined };
  const { rounds } = standing;
  let { network: bytes, training } = standing;
  let network = bytes ? parseModel(bytes, card.name) : start;
  for (const amount of amounts.slice(rounds.length)) {
    const ofRound = checkpoint && {
      ...checkpoint,
      save: (numbers: Uint8Array) => checkpoint.save(encodeRounds({ rounds, network: bytes, training: numbers })),
      latest: () => Promise.resolve(training),
    };
    // Each round has random numbers of its own, so that those after an interruption are the same.
    const rng = createRandom(`${seed}/amount ${amount}`);
    let isStopped = false;
    const trained: TechniqueContext['trained'] = (record) => {
      isStopped ||= record.stopped !== undefined;
      context.trained?.(record);
    };
    const result = await next(network, amount, { ...context, rng, trained, ...(ofRound && { checkpoint: ofRound }) });
    if (!result) break;
    const judged = await judge(result);
    rounds.push({ amount, ...judged });
    if (judged.drop > maxDrop) break;
    bytes = encodeModel(result);
    // As it will be read after an interruption.
    network = parseModel(bytes, card.name);
    training = undefined;
    // Whoever goes on does so in the middle of this round.
    if (isStopped) break;
    await checkpoint?.save(encodeRounds({ rounds, network: bytes, training }));
  }
  return { network, rounds };
}
