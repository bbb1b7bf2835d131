import { expect, test } from 'vitest';
import { AppError } from '@shared/errors';
import { decodeWeights } from '../../../src/main/engine/compression/layers/decode-weights';
import { countParams } from '../../../src/main/engine/onnx/count';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { techniques } from '../../../src/main/engine/techniques/registry';
import { parseParams } from '../../../src/main/engine/techniques/parse-params';
import { handlingOf } from '../../../src/main/engine/techniques/technique';
import { cardFor, contextFor, images, mixedNetwork } from './small-networks';

const network = mixedNetwork();
const pruning = 'prune.magnitude';
const context = () => ({ ...contextFor(cardFor(network), images(32)), reference: () => Promise.resolve(network) });
/** Enough of it for zeros to be seen. */
const quick: Record<string, unknown> = { reconstruct: { iterations: 4 } };
const apply = (graph: Graph, id: string): Promise<Graph> => applyStep(graph, id, quick[id] ?? {}, context());
const pruned = applyStep(network, pruning, { amount: 0.8 }, context());
const nonZeros = async (graph: Graph): Promise<number> =>
  countParams({ ...(await decodeWeights(graph)), metadata: {} }).nonZeroParams;

/** Zeros of their own, none at all, a size that is asked for, or weights of their own. */
const ownZeros = [pruning, 'binarize.weights', 'binarize.train', 'quantize.mixed', 'distill', 'exit.early'];
const following = techniques.filter((technique) => {
  const takes = handlingOf(technique, parseParams(technique, {})).takes.weights;
  return !ownZeros.includes(technique.id) && (takes.length === 0 || takes.includes('sparse'));
});

test.each(following.map(({ id }) => id))('zeros stay zeros, and stay out of the file, through %s', async (id) => {
  const alone = await apply(network, id).catch((thrown: unknown) => {
    // Some networks have nothing for it.
    if (thrown instanceof AppError && thrown.code === 'technique.not-applicable') return undefined;
    throw thrown;
  });
  if (!alone) return;
  const both = await apply(await pruned, id);
  expect(await nonZeros(both)).toBeLessThan(0.5 * (await nonZeros(alone)));
  expect(encodeModel(both).length).toBeLessThan(0.9 * encodeModel(alone).length);
});
