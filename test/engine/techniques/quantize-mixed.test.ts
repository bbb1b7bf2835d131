import { describe, expect, test } from 'vitest';
import { StoredBytes } from '../../../src/main/engine/compression/quantization/stored-bytes';
import { codeLayers } from '../../../src/main/engine/compression/quantization/coded-layers';
import { plainGraph } from '../../../src/main/engine/compression/layers/plain-graph';
import { formsOf, gridOfForm, weightSchemes } from '../../../src/main/engine/compression/storage/weight-forms';
import { lossesFrom } from '../../../src/main/engine/compression/sensitivity/rounding-losses';
import { weightLayers } from '../../../src/main/engine/compression/layers/weight-layers';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import {
  cachedIn,
  cardFor,
  contextFor,
  fingerprintOf,
  images,
  mixedNetwork,
  relativeError,
  runGraph,
} from './small-networks';

const network = mixedNetwork(3);
const id = 'quantize.mixed';

/** One measurement serves all tests, as the cache does in a sweep. */
const stored = new Map<string, unknown>();
function context(): ReturnType<typeof contextFor> {
  const made = contextFor(cardFor(network), images(24, 3));
  made.cached = cachedIn(stored);
  return made;
}
const apply = (params: unknown, on = context(), graph = network): Promise<Graph> => applyStep(graph, id, params, on);
const bytesOf = (graph: Graph): number => encodeModel(graph).length;
const errorOf = async (graph: Graph): Promise<number> => relativeError(await runGraph(graph), await runGraph(network));

describe(id, () => {
  test('predicts the bytes of the file, whatever the forms', async () => {
    const plain = simplify(await plainGraph(network, id, 'small'));
    const layers = weightLayers(plain);
    const predictor = new StoredBytes(network, plain, layers, 'step');
    const forms = formsOf(weightSchemes);
    for (const offset of [0, 5, 11]) {
      const chosen = layers.map((_, at) => forms[(at * 7 + offset) % forms.length]!);
      const coded = await codeLayers(
        plain,
        layers,
        (rows, importance, layer) => gridOfForm(rows, chosen[layers.indexOf(layer)]!, importance),
        { rounding: 'second-order', id, context: context() },
      );
      // What may differ: powers of two of half-precision numbers, 15 bytes each, that layers share or not.
      const difference = predictor.ofFile(chosen) - predictor.bytesWritten(coded);
      expect(Math.abs(difference)).toBeLessThanOrEqual(4 * 15);
    }
  });

  test('keeps a budget of bytes, and more bytes come closer', async () => {
    const before = fingerprintOf(network);
    const errors: number[] = [];
    for (const maxBytes of [13_500, 16_000, 20_000]) {
      const notes = context();
      const result = await apply({ maxBytes }, notes);
      expect(bytesOf(result)).toBeLessThanOrEqual(maxBytes);
      expect(bytesOf(result)).toBeGreaterThan(0.93 * maxBytes);
      expect(notes.notes.join('\n')).toMatch(/Bits chosen: \d bit: .*; first layer \d bit, last layer \d bit\./);
      errors.push(await errorOf(result));
    }
    expect(errors[1]).toBeLessThan(errors[0]!);
    expect(errors[2]).toBeLessThan(errors[1]!);
    expect(fingerprintOf(network)).toBe(before);
    expect(stored.size).toBe(1);
  });

  test('average bits count scales and decoding; the result repeats', async () => {
    const result = await apply({ averageBits: 6, scheme: 'linear-symmetric' });
    expect(fingerprintOf(await apply({ averageBits: 6, scheme: 'linear-symmetric' }))).toBe(fingerprintOf(result));
    expect(bytesOf(result)).toBeLessThan(bytesOf(await apply({ averageBits: 7, scheme: 'linear-symmetric' })));
  });

  test('a top-1 budget is kept on calibration images, by the smallest file found', async () => {
    const agreement = async (graph: Graph): Promise<number> => {
      const classOf = (scores: Float32Array, at: number): number => {
        const row = scores.subarray(at * 10, at * 10 + 10);
        return row.indexOf(Math.max(...row));
      };
      const [wanted, found] = [await runGraph(network, images(24, 3)), await runGraph(graph, images(24, 3))];
      return Array.from({ length: 24 }, (_, at) => classOf(wanted, at) === classOf(found, at)).filter(Boolean).length;
    };
    const strict = await apply({ maxDrop: 5 });
    const loose = await apply({ maxDrop: 30 });
    expect(await agreement(strict)).toBeGreaterThanOrEqual(23);
    expect(await agreement(loose)).toBeGreaterThanOrEqual(17);
    expect(bytesOf(loose)).toBeLessThanOrEqual(bytesOf(strict));
  });

  test('more than needed gives 8 bits everywhere and says so', async () => {
    const notes = context();
    await apply({ maxBytes: 1_000_000 }, notes);
    expect(notes.notes.join('\n')).toMatch(/more than needed: every layer has 8 bits/);
    expect(notes.notes.join('\n')).toMatch(/8 bit: 8 layers/);
  });

  test('too small a budget names the smallest file', async () => {
    await expect(apply({ maxBytes: 2000 })).rejects.toThrow(
      /the smallest file it can write, [\d,]+ bytes, is larger than the budget of 2,000 bytes/,
    );
  });

  test.each([
    [{ maxBytes: 9000, maxDrop: 1 }, /give one budget only: maxBytes, averageBits or maxDrop/],
    [{ maxDrop: -1 }, /"maxDrop" must be a number from 0 to 100, not -1/],
    [{ maxBytes: 1.5 }, /"maxBytes" must be a whole number/],
  ])('bad parameters %j', async (params, message) => {
    await expect(apply(params)).rejects.toThrow(message);
  });

  test('stops when told to', async () => {
    const aborted = contextFor(cardFor(network), images(24), [3, 12, 12], AbortSignal.abort());
    await expect(apply({}, aborted)).rejects.toMatchObject({ code: 'cancelled' });
  });
});

test('losses follow the power law through the measured points', () => {
  const probes = [
    { error: 4, loss: 0.4 },
    { error: 1, loss: 0.1 },
  ];
  const losses = lossesFrom([16, 4, 1, 0.25], probes);
  [1.6, 0.4, 0.1, 0.025].forEach((loss, at) => expect(losses[at]).toBeCloseTo(loss, 10));
});
