import { describe, expect, test } from 'vitest';
import { AppError } from '@shared/errors';
import { HeldActivations } from '../../../src/main/engine/compression/calibration/held-activations';
import { measureSensitivity } from '../../../src/main/engine/compression/sensitivity/layer-sensitivity';
import { OutputComparison } from '../../../src/main/engine/compression/calibration/output-comparison';
import {
  bitsVariant,
  int8Variant,
  pruneVariant,
} from '../../../src/main/engine/compression/sensitivity/sensitivity-variants';
import { fusedKernels } from '../../../src/main/engine/compression/quantization/quantizer-profile';
import {
  StaticQuantizer,
  type StaticChoices,
} from '../../../src/main/engine/compression/quantization/static-quantizer';
import { weightLayers } from '../../../src/main/engine/compression/layers/weight-layers';
import { float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { makeGraph } from '../../fixtures/graphs';
import { cardFor, contextFor, images, mixedNetwork, runGraph } from '../techniques/small-networks';

const choices: StaticChoices = {
  weights: 'tensor',
  calibration: 'min-max',
  percentile: 99.999,
  weightScheme: 'symmetric',
  weightRange: 'min-max',
  reduceRange: false,
  format: 'qdq',
  profile: fusedKernels,
};
const id = 'sensitivity';

test('pruning a layer, by hand', async () => {
  // logits = [3 a, 1 a + 4 b] for the image (a, b); without the weight 1, the smallest: [3 a, 4 b].
  const graph = makeGraph({
    inputs: [makeValue('input', 'float32', ['batch', 2])],
    outputs: [makeValue('logits', 'float32', ['batch', 2])],
    nodes: [makeNode('MatMul', ['input', 'weight'], ['logits'], {}, 'layer')],
    initializers: { weight: float32Tensor([2, 2], [3, 1, 0, 4]) },
  });
  // Float [3, 1] and [3, 3.2]; pruned [3, 0] and [3, 2.2... - 1]: the second image changes its class.
  const context = contextFor(cardFor(graph), Float32Array.of(1, 0, 1, 0.55), [2]);
  const [layer] = await measureSensitivity(graph, weightLayers(graph), [pruneVariant(0.25), pruneVariant(0.5)], {
    images: 2,
    id,
    context,
  });
  // A quarter of the weights is the 0 that is there already.
  expect(layer).toMatchObject({ layer: 'layer', op: 'MatMul', weights: 4 });
  expect(layer!.effects[0]).toMatchObject({ label: '25 %', amount: 0.25, noise: 0, sqnrDb: null, agreement: 100 });
  const effect = layer!.effects[1]!;
  expect(effect.agreement).toBe(50);
  const signal = 9 + 1 + 9 + 3.2 ** 2;
  expect(effect.noise).toBeCloseTo(2 / signal, 6);
  expect(effect.sqnrDb).toBeCloseTo(10 * Math.log10(signal / 2), 4);
});

describe('measured from the layer on, as measured through the whole network', () => {
  const graph = simplify(mixedNetwork());
  const layers = weightLayers(graph);
  const variants = () => {
    const quantizer = new StaticQuantizer(graph, choices, contextFor(cardFor(graph)), id);
    return [bitsVariant(2), pruneVariant(0.6), int8Variant(quantizer)];
  };

  test('every layer and variant', async () => {
    const context = contextFor(cardFor(graph), images(12));
    const found = await measureSensitivity(graph, layers, variants(), { images: 10, id, context });
    expect(found.map(({ layer }) => layer)).toEqual(layers.map(({ node }) => node.name));
    const seen = images(12).slice(0, 10 * 3 * 12 * 12);
    const float = await runGraph(graph, seen);
    for (const [at, layer] of layers.entries()) {
      for (const [index, variant] of variants().entries()) {
        const comparison = new OutputComparison();
        comparison.add(float, await runGraph(await variant.change(graph, layer), seen), 10);
        const [whole, part] = [comparison.result(), found[at]!.effects[index]!];
        const name = `${layer.node.name}, ${variant.label}`;
        expect(whole.noise, name).toBeGreaterThan(0);
        // Float sums in another order may move a rounded activation by one step.
        expect(Math.abs(part.noise / whole.noise - 1), name).toBeLessThan(0.02);
        expect(part.agreement, name).toBe(whole.agreement);
      }
    }
  });

  test('few images at a time give what all at once give', async () => {
    const context = () => contextFor(cardFor(graph), images(20));
    const collect = async (memoryBytes: number): Promise<{ rounds: number; values: number[] }> => {
      const held = new HeldActivations(graph, [layers[4]!.node], context(), memoryBytes);
      const values: number[] = [];
      let rounds = 0;
      for await (const round of held.rounds(18)) {
        rounds++;
        held.begin(round);
        await held.moveTo(layers[4]!.node);
        await held.run(held.rest(), ({ logits }) => values.push(...(logits!.data as Float32Array)));
      }
      return { rounds, values };
    };
    const [all, few] = [await collect(2 ** 30), await collect(1)];
    expect([all.rounds, few.rounds]).toEqual([1, 3]);
    expect(all.values).toHaveLength(18 * 10);
    expect(few.values).toEqual(all.values);
  });

  test('the network that comes in is not changed, and progress ends at the last layer', async () => {
    const before = JSON.stringify([graph.nodes, [...graph.initializers.keys()]]);
    const context = contextFor(cardFor(graph), images(4));
    await measureSensitivity(graph, layers, [bitsVariant(8)], { images: 64, id, context });
    expect(JSON.stringify([graph.nodes, [...graph.initializers.keys()]])).toBe(before);
    expect(context.steps.at(-1)).toEqual(['measuring layers', layers.length, layers.length]);
  });

  test('fewer bits and more pruning never look better', async () => {
    const context = contextFor(cardFor(graph), images(8));
    const found = await measureSensitivity(
      graph,
      layers,
      [8, 5, 2].map(bitsVariant).concat([0.1, 0.5, 0.9].map(pruneVariant)),
      { images: 8, id, context },
    );
    for (const { layer, effects } of found) {
      const noises = effects.map(({ noise }) => noise);
      expect(noises.slice(0, 3), layer).toEqual([...noises.slice(0, 3)].sort((a, b) => a - b));
      expect(noises[3]!, layer).toBeLessThan(noises[5]!);
    }
  });

  test('without images, and when cancelled, it says so', async () => {
    const none = contextFor(cardFor(graph), new Float32Array());
    const measure = (context: typeof none) => measureSensitivity(graph, layers, variants(), { images: 4, id, context });
    await expect(measure(none)).rejects.toThrow('it needs calibration images');
    const cancelled = contextFor(cardFor(graph), images(4), [3, 12, 12], AbortSignal.abort());
    await expect(measure(cancelled)).rejects.toThrow(new AppError('cancelled'));
  });
});
