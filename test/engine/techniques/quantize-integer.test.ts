import { describe, expect, test } from 'vitest';
import type { ModelCard } from '@shared/model-card';
import { floatOperator } from '../../../src/main/engine/compression/quantization/integer-only';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { loadModel } from '../../../src/main/engine/onnx/load';
import { makeNode } from '../../../src/main/engine/onnx/make';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { ort } from '../../../src/main/engine/runtimes/ort';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { hasZoo, needsZoo, zooPath } from '../../fixtures/zoo';
import {
  cardFor,
  contextFor,
  mixedNetwork,
  numbersFrom,
  optimizedOperators,
  relativeError,
  runGraph,
  side,
} from './small-networks';

const integerOnly =
  /^(QLinear\w+|NhwcMaxPool|QGemm|Transpose|Flatten|Reshape|MaxPool|Split|Pad|Concat|QuantizeLinear)$/;

const pixelsOf = (count: number, area: number): Uint8Array => {
  const random = numbersFrom(11);
  return Uint8Array.from({ length: count * 3 * area }, () => Math.floor(random() * 256));
};

function normalised(pixels: Uint8Array, { preprocess }: ModelCard, area: number): Float32Array {
  return Float32Array.from(pixels, (pixel, index) => {
    const channel = Math.floor(index / area) % 3;
    return (pixel - preprocess.mean[channel]!) / preprocess.std[channel]!;
  });
}

async function scores(graph: Graph, pixels: Uint8Array, width: number): Promise<number[]> {
  const session = await ort.open(encodeModel(graph), { threads: 1 });
  try {
    const shape = [pixels.length / (3 * width * width), 3, width, width];
    const { logits } = await session.run({ input: { type: 'uint8', shape, data: pixels } });
    expect(logits!.type).toBe('uint8');
    return Array.from(logits!.data as Uint8Array);
  } finally {
    await session.close();
  }
}

async function bothForms(network: Graph, card: ModelCard, width: number, count: number) {
  const pixels = pixelsOf(count, width * width);
  const data = normalised(pixels, card, width * width);
  const context = () => ({ ...contextFor(card, data, [3, width, width]), reference: () => Promise.resolve(network) });
  const quantized = await applyStep(network, 'quantize.static', {}, context());
  const integer = await applyStep(quantized, 'quantize.integer', {}, context());
  return { pixels, data, quantized, integer };
}

/** The integers on the scale of the floats: the best straight line through both. */
function fitted(integers: number[], floats: Float32Array): number[] {
  const mean = (values: ArrayLike<number>): number =>
    Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(integers), mean(floats)];
  let [cross, square] = [0, 0];
  integers.forEach((value, index) => {
    cross += (value - x) * (floats[index]! - y);
    square += (value - x) ** 2;
  });
  return integers.map((value) => y + (cross / square) * (value - x));
}

const withPreprocess = (network: Graph, mean: number[], std: number[]): ModelCard => {
  const card = cardFor(network);
  return { ...card, preprocess: { ...card.preprocess, mean: mean as never, std: std as never } };
};

describe('raw pixels in, integers out', () => {
  test.each([
    ['one mean', [127.5, 127.5, 127.5], [127.5, 127.5, 127.5]],
    ['a mean and a deviation for each colour', [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]],
  ])('%s', async (_, mean, std) => {
    const network = mixedNetwork();
    const card = withPreprocess(network, mean, std);
    const { pixels, data, quantized, integer } = await bothForms(network, card, side, 12);
    expect(integer.inputs[0]!.type).toBe('uint8');
    expect(integer.outputs[0]!.type).toBe('uint8');
    expect(floatOperator(integer)).toBeUndefined();
    expect(Object.keys(await optimizedOperators(integer)).filter((op) => !integerOnly.test(op))).toEqual([]);
    const operators = await optimizedOperators(integer);
    expect([operators.QuantizeLinear, operators.DequantizeLinear]).toEqual([undefined, undefined]);
    const float = await runGraph(network, data);
    const own = relativeError(fitted(await scores(integer, pixels, side), float), float);
    const before = relativeError(await runGraph(quantized, data), float);
    expect(own).toBeLessThan(1.3 * before + 0.01);
  });

  test('a float network is quantized first', async () => {
    const network = mixedNetwork();
    const card = withPreprocess(network, [127.5, 127.5, 127.5], [127.5, 127.5, 127.5]);
    const data = normalised(pixelsOf(8, side * side), card, side * side);
    const context = { ...contextFor(card, data), reference: () => Promise.resolve(network) };
    expect(floatOperator(await applyStep(network, 'quantize.integer', {}, context))).toBeUndefined();
  });

  test.skipIf(!hasZoo).each(['mobilenetv2', 'squeezenet1.1'] as const)(
    `%s has no float operator left${needsZoo}`,
    async (name) => {
      const network = await loadModel(zooPath(name));
      const card = withPreprocess(network, [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]);
      const { integer } = await bothForms(network, card, 224, 2);
      const operators = await optimizedOperators(integer);
      expect(Object.keys(operators).filter((op) => !integerOnly.test(op) || op === 'QuantizeLinear')).toEqual([]);
      expect(operators.QLinearConv).toBe(name === 'mobilenetv2' ? 52 : 26);
    },
  );
});

describe('what stays in float is named', () => {
  const refusal = async (change: (graph: Graph) => void): Promise<unknown> => {
    const network = mixedNetwork();
    change(network);
    const context = { ...contextFor(cardFor(network)), reference: () => Promise.resolve(network) };
    return applyStep(network, 'quantize.integer', {}, context).catch((thrown: unknown) => thrown);
  };

  test('an operator in the middle', async () => {
    const error = await refusal((graph) => {
      const relu = graph.nodes.findIndex((node) => node.name === 'residual.relu');
      graph.nodes.splice(relu, 1, makeNode('Softplus', ['residual'], ['residual.relu'], {}, 'middle'));
    });
    expect((error as Error).message).toContain('"middle" (Softplus)');
  });
});
