import { describe, expect, test } from 'vitest';
import { AppError } from '@shared/errors';
import type { TechniqueContext } from '../../../src/main/engine/compression/calibration/technique-context';
import { decodeWeights } from '../../../src/main/engine/compression/layers/decode-weights';
import { weightLayers } from '../../../src/main/engine/compression/layers/weight-layers';
import { weightRows } from '../../../src/main/engine/compression/layers/weight-rows';
import { gridStepOf } from '../../../src/main/engine/compression/storage/weight-grid';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { parseModel } from '../../../src/main/engine/onnx/load';
import { makeValue } from '../../../src/main/engine/onnx/make';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { ort } from '../../../src/main/engine/runtimes/ort';
import {
  contextFor,
  fingerprintOf,
  numbersFrom,
  optimizedOperators,
  relativeError,
  runGraph,
  side,
  type RecordedContext,
} from './small-networks';
import { wholeCard, wholeNetwork } from './whole-network';

const network = wholeNetwork();
/** Smooth pictures, `[count, 3, 12, 12]`: three waves each, so that neighbours have much in common, as in photographs. */
function pictures(count: number, seed = 7): Float32Array {
  const random = numbersFrom(seed);
  const data = new Float32Array(count * 3 * side * side);
  for (let image = 0; image < count; image++)
    for (let wave = 0; wave < 3; wave++) {
      const [across, down, phase] = [random() - 0.5, random() - 0.5, 6 * random()];
      for (let colour = 0; colour < 3; colour++) {
        const height = random();
        for (let at = 0; at < side * side; at++)
          data[(image * 3 + colour) * side * side + at]! +=
            height * Math.cos(across * (at % side) + down * Math.floor(at / side) + phase) + 0.1 * (random() - 0.5);
      }
    }
  return data;
}

const fresh = pictures(64, 99);
const contextWith = (count: number, more: Partial<TechniqueContext> = {}): RecordedContext => ({
  ...contextFor(wholeCard(network), pictures(count)),
  ...more,
});
const errorOf = async (graph: Graph): Promise<number> =>
  relativeError(await runGraph(graph, fresh), await runGraph(network, fresh));

/** Steps that take a small network a moment. */
const quick = { iterations: 100, batch: 8 };

test.each([
  [3, 'block'],
  [3, 'layer'],
])(
  '%i bits by %s: far nearer to the float network than nearest rounding, and not behind second-order rounding on held-out images',
  async (bits, unit) => {
    const context = contextWith(128);
    const learned = await errorOf(await applyStep(network, 'reconstruct', { bits, unit, ...quick }, context));
    const secondOrder = await errorOf(await applyStep(network, 'quantize.weights', { bits }, contextWith(128)));
    const options = { bits, rounding: 'nearest' };
    const nearest = await errorOf(await applyStep(network, 'quantize.weights', options, contextWith(128)));
    expect(learned).toBeLessThan(0.5 * nearest);
    // The judges are few here: what is learned of the others may cost other images a little.
    expect(learned).toBeLessThan(1.05 * secondOrder);
    const [, units, divergence] = context.notes;
    expect(units).toMatch(/^Learned the rounding of \d+ (block|layer)s in 100 steps each: \d+ of them came nearer/);
    const [before, after] = divergence!.match(/[\d.e-]+(?= with)/g)!.map(Number);
    expect(after! < before!).toBe(!divergence!.includes('It did not fall'));
  },
);

test('the file holds as many values a channel as the bits allow, and answers as its decoded weights do', async () => {
  const before = fingerprintOf(network);
  const context = contextWith(64);
  const step = await applyStep(network, 'reconstruct', { bits: 3, iterations: 20 }, context);
  expect(fingerprintOf(network)).toBe(before);
  const result = parseModel(encodeModel(step), 'test');
  const plain = await decodeWeights(result);
  for (const layer of weightLayers(plain)) {
    const { rows, columns, data } = weightRows(layer);
    for (let row = 0; row < rows; row++) {
      const values = [...new Set(data.subarray(row * columns, (row + 1) * columns))];
      expect(values.length).toBeLessThanOrEqual(8);
      expect(values.length === 1 || gridStepOf(Float32Array.from(values), 8) !== undefined).toBe(true);
    }
  }
  expect(await runGraph(result)).toEqual(await runGraph(plain));
  expect(context.steps.some(([stage]) => stage === 'learning to round')).toBe(true);
});

test('what is interrupted again and again ends with the same bytes', async () => {
  let bytes: Uint8Array | undefined;
  let saves = 0;
  const checkpoint = {
    async save(next: Uint8Array) {
      bytes = next.slice();
      saves++;
    },
    latest: async () => bytes,
  };
  const params = { bits: 3, iterations: 10, batch: 8 };
  const run = async (stopAt: number, kept?: typeof checkpoint): Promise<string> => {
    const controller = new AbortController();
    const progress = (stage: string, done: number): void => {
      if (stage === 'learning to round' && done === stopAt) controller.abort();
    };
    const context = contextWith(64, { progress, signal: controller.signal, ...(kept && { checkpoint: kept }) });
    return fingerprintOf(await applyStep(network, 'reconstruct', params, context));
  };
  // Before the first unit, within and between units.
  for (const stopAt of [0, 5, 10, 17, 30]) {
    await expect(run(stopAt, checkpoint)).rejects.toThrow(new AppError('cancelled').message);
  }
  const resumed = await run(-1, checkpoint);
  const whole = await run(-1);
  expect(resumed).toBe(whole);
  // Second-order rounding and each of six blocks were done once.
  expect(saves).toBe(7);
});

test('the same seed gives the same file', async () => {
  const params = { bits: 2, iterations: 20, batch: 8 };
  const run = async (seed: number): Promise<string> =>
    fingerprintOf(await applyStep(network, 'reconstruct', params, contextWith(64, { seed })));
  const first = await run(1);
  expect(await run(1)).toBe(first);
  expect(await run(2)).not.toBe(first);
});

test('zeros of pruned weights stay zeros', async () => {
  const pruned = await applyStep(network, 'prune.magnitude', { amount: 0.6 }, contextWith(64));
  const learned = await applyStep(pruned, 'reconstruct', { bits: 3, ...quick }, contextWith(64));
  const weightsOf = async (graph: Graph): Promise<Float32Array[]> =>
    weightLayers(simplify(await decodeWeights(graph))).map(({ weight }) => weight.data as Float32Array);
  const [before, after] = [await weightsOf(pruned), await weightsOf(learned)];
  before.forEach((weights, layer) =>
    weights.forEach((weight, at) => {
      if (weight === 0) expect(after[layer]![at]).toBeCloseTo(0, 20);
    }),
  );
});

test('layers that are kept keep their weights', async () => {
  const params = { bits: 2, iterations: 4, keepFirst: true, keepLast: true, exclude: ['mix'] };
  const result = await decodeWeights(await applyStep(network, 'reconstruct', params, contextWith(32)));
  const [before, after] = [simplify(network), result].map(
    (graph) => new Map(weightLayers(graph).map(({ node, weight }) => [node.name, weight.data])),
  );
  for (const [name, data] of before!) {
    const isKept = ['stem', 'mix', 'logits'].includes(name);
    expect(JSON.stringify(after!.get(name)) === JSON.stringify(data), name).toBe(isKept);
  }
});

test('a network that fixes its batch is taken, and few images are enough', async () => {
  const fixed: Graph = { ...network, inputs: [makeValue('input', 'float32', [4, 3, 12, 12])] };
  const context = contextWith(32);
  await applyStep(fixed, 'reconstruct', { bits: 3, iterations: 4 }, context);
  expect(context.notes.join(' ')).toContain('on 4 calibration images that rounding was not learned on');
  const few = contextWith(3);
  await applyStep(network, 'reconstruct', { bits: 3, iterations: 4 }, few);
  expect(few.notes.join(' ')).not.toContain('was not learned on');
});

describe('with activations', () => {
  const learn = (bits: number, activations: number, iterations: number): Promise<Graph> =>
    applyStep(network, 'reconstruct', { bits, activations, endBits: 8, iterations, batch: 8 }, contextWith(128));

  test.each([4, 8])(
    'of %i bits: a file of conversions and integer kernels, not behind second-order rounding',
    async (activations) => {
      const [before, after] = [await learn(3, activations, 1), await learn(3, activations, 60)];
      expect(await errorOf(after)).toBeLessThan(1.05 * (await errorOf(before)));
      const operators = await optimizedOperators(after);
      expect(operators['QLinearConv']).toBeGreaterThan(4);
      const counts = after.nodes.filter(({ op }) => op === 'QuantizeLinear').length;
      expect(counts).toBeGreaterThan(5);
      // Learned scales do not pass the bounds of what codes stand for, so no activation is left in floats.
      const codes = new Set(after.nodes.filter(({ op }) => op === 'QuantizeLinear').map(({ outputs }) => outputs[0]));
      const inFloats = after.nodes.filter(({ op, inputs }) => op === 'Clip' && !codes.has(inputs[0]));
      if (activations < 8) expect(inFloats).toEqual([]);
    },
  );

  test('scales of few bits are learned, others stay', async () => {
    const scalesOf = (graph: Graph): number[] =>
      graph.nodes
        .filter(({ op }) => op === 'QuantizeLinear')
        .map(({ inputs }) => Number(graph.initializers.get(inputs[1]!)!.data[0]));
    const [before, after] = [scalesOf(await learn(4, 3, 1)), scalesOf(await learn(4, 3, 60))];
    expect(after).toHaveLength(before.length);
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    expect(after.filter((scale, at) => Math.abs(scale / before[at]! - 1) > 0.001).length).toBeGreaterThan(2);
  });

  test('codes stay within their bits', async () => {
    const graph = parseModel(encodeModel(await learn(4, 3, 1)), 'test');
    const made = new Set(
      graph.nodes.filter(({ op }) => op === 'QuantizeLinear' || op === 'Clip').map(({ outputs }) => outputs[0]!),
    );
    const reads = graph.nodes.filter(({ op }) => op === 'DequantizeLinear').map(({ inputs }) => inputs[0]!);
    const codes = [...new Set(reads)].filter((name) => made.has(name));
    const open = { ...graph, outputs: codes.map((name) => makeValue(name, 'uint8', [])) };
    const session = await ort.open(encodeModel(open, { openOutputs: true }), { threads: 1 });
    const results = await session.run({ input: { type: 'float32', shape: [64, 3, 12, 12], data: fresh } });
    await session.close();
    const counts = codes.map((name) => new Set(results[name]!.data as Uint8Array).size);
    // The image, what the first layer gives, and what the last one reads have 8 bits.
    expect(counts[0]).toBeGreaterThan(100);
    expect(counts[1]).toBeGreaterThan(100);
    expect(counts.filter((count) => count <= 8).length).toBeGreaterThan(4);
  });
});
