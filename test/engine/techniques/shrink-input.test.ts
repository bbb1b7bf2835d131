import { describe, expect, test } from 'vitest';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { countMacs } from '../../../src/main/engine/onnx/count';
import { inferShapes } from '../../../src/main/engine/onnx/shapes';
import { attr, float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { makeGraph } from '../../fixtures/graphs';
import { cardFor, contextFor, images, mixedNetwork, runGraph, side } from './small-networks';

const shrink = (graph = mixedNetwork(), params: Record<string, unknown> = {}) =>
  applyStep(graph, 'shrink.input', params, contextFor(cardFor(graph)));

/** Means over the image, a class for each colour: what a linear resize to half the side does not change. */
const averages = (): ReturnType<typeof makeGraph> =>
  makeGraph({
    inputs: [makeValue('input', 'float32', ['batch', 3, side, side])],
    outputs: [makeValue('scores', 'float32', ['batch', 3])],
    nodes: [
      makeNode('GlobalAveragePool', ['input'], ['means']),
      makeNode('Flatten', ['means'], ['scores'], { axis: attr.int(1) }),
    ],
  });

describe('shrink.input', () => {
  test('halving the side averages four pixels, so the mean of the image stays', async () => {
    const graph = averages();
    const result = await shrink(graph, { scale: 0.5, roundTo: 2 });
    const [before, after] = [await runGraph(graph), await runGraph(result)];
    expect(after).toHaveLength(before.length);
    after.forEach((value, index) => expect(value).toBeCloseTo(before[index]!, 5));
  });

  test.each([0.93, 0.89, 0.6])(
    'at %s of 224 pixels the size is the same where shapes are inferred and where it is computed',
    async (scale) => {
      const [large, channels] = [224, 8];
      const graph = makeGraph({
        inputs: [makeValue('input', 'float32', ['batch', 3, large, large])],
        outputs: [makeValue('scores', 'float32', ['batch', channels])],
        nodes: [
          makeNode('Conv', ['input', 'weights'], ['maps'], { strides: attr.ints([2, 2]) }),
          makeNode('GlobalAveragePool', ['maps'], ['means']),
          makeNode('Flatten', ['means'], ['scores'], { axis: attr.int(1) }),
        ],
        initializers: { weights: float32Tensor([channels, 3, 1, 1], new Float32Array(3 * channels).fill(0.1)) },
      });
      const count = 2;
      const pixels = Float32Array.from({ length: count * 3 * large ** 2 }, (_, at) => Math.sin(at));
      const card = cardFor(graph);
      Object.assign(card.input, { height: large, width: large });
      const context = contextFor(card, pixels, [3, large, large]);
      const small = await applyStep(graph, 'shrink.input', { scale }, context);
      const factor = [...small.initializers.values()].find(({ shape }) => shape.join() === '4')!.data[2] as number;
      expect(Math.floor(large * factor)).toBe(Math.round((large * scale) / 8) * 8);
      // Calibration looks at maps of the size that the runtime inferred.
      expect(
        (await applyStep(small, 'quantize.static', {}, context)).nodes.some(({ op }) => op === 'QuantizeLinear'),
      ).toBe(true);
    },
  );

  test('the first layer sees the nearest multiple, and fewer operations are left', async () => {
    const graph = mixedNetwork();
    const result = await shrink(graph, { scale: 0.7, roundTo: 4 });
    const resized = result.nodes.find(({ op }) => op === 'Resize')!;
    expect(
      inferShapes(result, { [result.inputs[0]!.name]: [1, 3, side, side] }).get(resized.outputs[0]!)?.shape,
    ).toEqual([1, 3, 8, 8]);
    expect(countMacs(result)).toBeLessThan(0.6 * countMacs(graph));
    expect(await runGraph(result)).toHaveLength((await runGraph(graph)).length);
  });

  test('weights stay as they are stored', async () => {
    const coded = await applyStep(
      mixedNetwork(),
      'quantize.weights',
      { rounding: 'nearest' },
      contextFor(cardFor(mixedNetwork())),
    );
    const result = await shrink(coded, { scale: 0.7, roundTo: 4 });
    expect(encodeModel(result).length).toBeLessThan(encodeModel(coded).length + 1000);
    expect(await runGraph(result)).toHaveLength((await runGraph(coded)).length);
  });

  test('at full size nothing changes', async () => {
    const graph = mixedNetwork();
    const result = await shrink(graph, { scale: 1, roundTo: 1 });
    expect(await runGraph(result, images(2))).toEqual(await runGraph(graph, images(2)));
  });

  test('a network whose classifier wants every position is refused', async () => {
    const pixels = 3 * side * side;
    const graph = makeGraph({
      inputs: [makeValue('input', 'float32', ['batch', 3, side, side])],
      outputs: [makeValue('scores', 'float32', ['batch', 2])],
      nodes: [makeNode('Flatten', ['input'], ['flat']), makeNode('MatMul', ['flat', 'weights'], ['scores'])],
      initializers: { weights: float32Tensor([pixels, 2], new Float32Array(2 * pixels)) },
    });
    await expect(shrink(graph, { scale: 0.5, roundTo: 2 })).rejects.toMatchObject({ code: 'technique.not-applicable' });
  });
});
