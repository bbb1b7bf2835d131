import { describe, expect, test } from 'vitest';
import type { BitWidths } from '../../../src/main/engine/compression/quantization/bit-widths';
import { integerForms } from '../../../src/main/engine/compression/quantization/integer-forms';
import { rewriteQdq } from '../../../src/main/engine/compression/quantization/qdq-rewrite';
import {
  explicitPairs,
  fusedKernels,
  sharedScaleKernels,
} from '../../../src/main/engine/compression/quantization/quantizer-profile';
import { StaticQuantizer } from '../../../src/main/engine/compression/quantization/static-quantizer';
import { decodeWeights } from '../../../src/main/engine/compression/layers/decode-weights';
import { copyGraph, type Graph, type Tensor } from '../../../src/main/engine/onnx/graph';
import { float32Tensor, makeValue } from '../../../src/main/engine/onnx/make';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { withBatch } from '../../../src/main/engine/training/network-batch';
import { quantizedForm, type QuantizedForm } from '../../../src/main/engine/training/quantization/quantized-form';
import { noise } from '../../fixtures/graphs';
import { runGraph } from '../../fixtures/run-graph';
import { cardFor, contextFor, images, mixedNetwork, relativeError } from '../techniques/small-networks';

const profiles = { ort: fusedKernels, tflite: sharedScaleKernels, tensorrt: explicitPairs };

interface Choice {
  profile: keyof typeof profiles;
  weights: 'channel' | 'tensor';
  bits: BitWidths;
}

async function formOf(choice: Choice): Promise<{ float: Graph; form: QuantizedForm }> {
  const profile = profiles[choice.profile];
  const float = integerForms(simplify(mixedNetwork()), () => false, profile.whole);
  const rest = { percentile: 99.999, weightScheme: 'symmetric', weightRange: 'mse', reduceRange: false } as const;
  const params = { ...choice, ...rest, calibration: 'min-max', format: 'qdq', profile } as const;
  const context = contextFor(cardFor(float));
  const choices = await new StaticQuantizer(float, params, context, 'test').choicesFor(profile.plan(float));
  const form = quantizedForm(float, {
    planOf: (graph) => profile.plan(graph),
    choices,
    rates: { scale: 1, zeroPoint: 1 },
    kept: new Set(),
  });
  return { float, form };
}

const batch = 8;
const data = images(batch, 42);
const feeds = { input: float32Tensor([batch, 3, 12, 12], data) };

/** What training might have made of the parameters. */
function learnedFrom(form: QuantizedForm, float: Graph): { formed: Graph; learned: Map<string, Tensor> } {
  const { graph, parameters } = form.of(withBatch(float, batch));
  const learned = new Map(
    [...parameters.keys()].map((name, at) => {
      const { shape, data: start } = graph.initializers.get(name)!;
      const random = noise(start.length, at + 1);
      const isZeroPoint = name.includes('zero point');
      const moved = Float32Array.from(start as Float32Array, (value, index) =>
        isZeroPoint ? value + 2 * random[index]! : value * (1 + 0.2 * random[index]!),
      );
      return [name, float32Tensor(shape, moved)];
    }),
  );
  const formed = copyGraph(graph);
  for (const [name, tensor] of learned) formed.initializers.set(name, tensor);
  return { formed, learned };
}

const eight = { weights: 8, activations: 8, edges: 8 };
const cases: [string, Choice][] = [
  ['int8, scales by channel', { profile: 'ort', weights: 'channel', bits: eight }],
  ['int8, one scale a layer', { profile: 'ort', weights: 'tensor', bits: eight }],
  ['for TensorFlow Lite', { profile: 'tflite', weights: 'channel', bits: eight }],
  ['for TensorRT', { profile: 'tensorrt', weights: 'channel', bits: eight }],
  ['4 bits', { profile: 'ort', weights: 'channel', bits: { weights: 4, activations: 4, edges: 8 } }],
  [
    '3 and 5 bits, for TensorFlow Lite',
    { profile: 'tflite', weights: 'tensor', bits: { weights: 3, activations: 5, edges: 6 } },
  ],
  ['2 bits, for TensorRT', { profile: 'tensorrt', weights: 'channel', bits: { weights: 2, activations: 4, edges: 8 } }],
];

describe.each(cases)('%s', (_, choice) => {
  test('the file answers as the network that was trained does', async () => {
    const { float, form } = await formOf(choice);
    const { formed, learned } = learnedFrom(form, float);
    const { graph, plan, choices } = form.quantized(float, learned);
    const file = rewriteQdq(graph, plan, choices);
    const trained = (await runGraph(formed, feeds))['logits']!.data as Float32Array;
    const written = (await runGraph(file, feeds))['logits']!.data as Float32Array;
    expect(relativeError(written, trained)).toBeLessThan(1e-5);
    // ONNX Runtime has no kernels for what TensorRT fuses.
    if (choice.profile === 'tensorrt') return;
    // Integer kernels add up in another order, so that a sum halfway between two codes may fall to either.
    const optimized = (await runGraph(file, feeds, 'all'))['logits']!.data as Float32Array;
    const { scale } = choices.scaleOf('logits');
    optimized.forEach((answer, at) => expect(Math.abs(answer - trained[at]!)).toBeLessThan(2.5 * scale));
  });

  test('codes of weights are those of training', async () => {
    const { float, form } = await formOf(choice);
    const { formed, learned } = learnedFrom(form, float);
    const { graph, plan, choices } = form.quantized(float, learned);
    const file = await decodeWeights(rewriteQdq(graph, plan, choices));
    const layers = formed.nodes.filter(({ op }) => op === 'Conv' || op === 'Gemm');
    const rounded = layers.map(({ inputs }) => inputs[1]!);
    const observed = { ...formed, outputs: rounded.map((name) => makeValue(name, 'float32', [])) };
    const found = await runGraph(observed, feeds);
    expect(layers).toHaveLength(plan.layers.size);
    for (const [at, { name, inputs }] of file.nodes.filter(({ op }) => op === 'Conv' || op === 'Gemm').entries()) {
      const decode = file.nodes.find(({ outputs }) => outputs[0] === inputs[1])!;
      const [codes, scales] = decode.inputs.slice(0, 2).map((input) => file.initializers.get(input)!);
      const values = found[rounded[at]!]!.data as Float32Array;
      const run = scales!.data.length === 1 ? Infinity : codes!.data.length / codes!.shape[0]!;
      const isFirstAxis = scales!.data.length === 1 || codes!.shape[0] === scales!.data.length;
      expect(isFirstAxis, name).toBe(true);
      const wrong = [...(codes!.data as Int8Array)].filter((code, index) => {
        const scale = Number(scales!.data[run === Infinity ? 0 : Math.floor(index / run)]);
        return Math.fround(code * scale) !== values[index];
      });
      expect(wrong, name).toEqual([]);
      const limits = choices.codesOf([...plan.layers.values()][at]!).codes;
      expect(Math.min(...(codes!.data as Int8Array))).toBeGreaterThanOrEqual(limits.lowest);
      expect(Math.max(...(codes!.data as Int8Array))).toBeLessThanOrEqual(limits.highest);
    }
  });
});
