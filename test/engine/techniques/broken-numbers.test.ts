import { describe, expect, test } from 'vitest';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { cardFor, contextFor, mixedNetwork, runGraph } from './small-networks';

const masked = 3;

/** The small network with a class that must never be answered. */
function maskedNetwork() {
  const graph = mixedNetwork();
  (graph.initializers.get('fc.bias')!.data as Float32Array)[masked] = -Infinity;
  return graph;
}

describe('a bias that is -Infinity', () => {
  test.each(['prune.magnitude', 'fp16', 'quantize.dynamic'])(
    'masks its class behind %s too, which changes weights alone',
    async (technique) => {
      const graph = maskedNetwork();
      const made = await applyStep(graph, technique, {}, contextFor(cardFor(graph)));
      const scores = await runGraph(made);
      for (const [at, score] of scores.entries()) {
        if (at % 10 === masked) expect(score).toBe(-Infinity);
        else expect(Number.isFinite(score)).toBe(true);
      }
    },
  );

  test.each(['quantize.static', 'quantize.weights', 'finetune'])(
    'is refused by %s, which names it',
    async (technique) => {
      const graph = maskedNetwork();
      await expect(applyStep(graph, technique, {}, contextFor(cardFor(graph)))).rejects.toThrow(
        'the bias "fc.bias" is -Infinity for some outputs, and it calculates with what a layer gives; put a large negative number there',
      );
    },
  );

  test.each([NaN, Infinity])('that is %d in place of it is refused everywhere', async (value) => {
    const graph = mixedNetwork();
    (graph.initializers.get('fc.bias')!.data as Float32Array)[masked] = value;
    await expect(applyStep(graph, 'prune.magnitude', {}, contextFor(cardFor(graph)))).rejects.toThrow(
      'the values of "fc.bias" are not all finite numbers; export the network again',
    );
  });
});

test('weights that a step before left infinite are not blamed on the export', async () => {
  const graph = mixedNetwork();
  const pruned = await applyStep(graph, 'prune.magnitude', { amount: 0.5 }, contextFor(cardFor(graph)));
  (pruned.initializers.get('fc.bias')!.data as Float32Array)[0] = NaN;
  await expect(applyStep(pruned, 'prune.magnitude', {}, contextFor(cardFor(graph)))).rejects.toThrow(
    /the values of "fc\.bias" are not all finite numbers; a step before it \(prune\.magnitude\{.*amount:0\.5.*\}\) left them so/,
  );
});
