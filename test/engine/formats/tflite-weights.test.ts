import { describe, expect, it } from 'vitest';
import { convertGraph } from '../../../src/main/engine/formats/tflite/convert/convert';
import { storedWeights } from '../../../src/main/engine/formats/tflite/convert/stored-weights';
import { permute } from '../../../src/main/engine/formats/tflite/convert/value';
import type { TfliteGraph, TfliteTensor } from '../../../src/main/engine/formats/tflite/model';
import type { Graph, Tensor } from '../../../src/main/engine/onnx/graph';
import { attr, float32Tensor, int8Tensor, makeNode, makeValue, uint8Tensor } from '../../../src/main/engine/onnx/make';
import { compressed } from '../../fixtures/compressed-network';
import { makeGraph, noise, noiseTensor } from '../../fixtures/graphs';
import { differenceAsTflite, hasTflite, kernels, needsTflite } from '../../fixtures/converted-network';

const layers = new Set(['CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED']);

/** The weights of each layer as stored: behind a DEQUANTIZE, what it reads. */
function storedLayers({ operators, tensors }: TfliteGraph): TfliteTensor[] {
  return operators
    .filter(({ op }) => layers.has(op))
    .map(({ inputs }) => {
      const widens = operators.find(({ op, outputs }) => op === 'DEQUANTIZE' && outputs[0] === inputs[1]);
      return tensors[widens ? widens.inputs[0]! : inputs[1]!]!;
    });
}

const graphOf = (graph: Graph): TfliteGraph => convertGraph(graph).graphs[0]!;

const int8 = 'INT8';
// prettier-ignore
const recipes = [
  { recipe: 'fp16', type: 'FLOAT16', tolerance: 1e-4 },
  { recipe: 'prune.magnitude{amount:0.5} | fp16', type: 'FLOAT16', tolerance: 1e-4 },
  // Kernels measure ranges as DynamicQuantizeLinear does, and round their codes.
  { recipe: 'quantize.dynamic{scope:all}', type: int8, tolerance: 0.02 },
  // Weights that ONNX decodes to floats meet activations in 8 bits here.
  { recipe: 'quantize.weights{bits:8, rounding:nearest}', type: int8, tolerance: 0.03 },
  { recipe: 'quantize.weights{bits:4, rounding:nearest}', type: int8, tolerance: 0.03 },
  { recipe: 'quantize.weights{bits:4, rounding:nearest, scheme:kmeans}', type: 'FLOAT32', tolerance: 1e-4 },
  { recipe: 'cluster.weights', type: 'FLOAT32', tolerance: 1e-4 },
  { recipe: 'prune.magnitude{amount:0.5}', type: 'FLOAT32', tolerance: 1e-4 },
];

describe('weights of a compressed network', () => {
  it.each(recipes)('after $recipe are $type', async ({ recipe, type }) => {
    const stored = storedLayers(graphOf(await storedWeights(await compressed(recipe))));
    expect(stored).toHaveLength(7);
    expect(stored.every((tensor) => tensor.type === type)).toBe(true);
  });

  describe.each(kernels)('with xnnpack $xnnpack', (kernel) => {
    it.skipIf(!hasTflite).each(recipes)(`answer after $recipe${needsTflite}`, async ({ recipe, tolerance }) => {
      const graph = await compressed(recipe);
      const converted = await storedWeights(graph);
      const difference = await differenceAsTflite(graph, noiseTensor([1, 3, 32, 32], 5), kernel, converted);
      expect(difference).toBeLessThan(tolerance);
    });
  });

  it('of 8 bits keep their codes and scales, an output channel after the other', async () => {
    const graph = await storedWeights(await compressed('quantize.dynamic{scope:all}'));
    const first = graph.nodes.find(({ op }) => op === 'ConvInteger')!;
    const codes = graph.initializers.get(first.inputs[1]!)!;
    const [stored] = storedLayers(graphOf(graph));
    const expected = permute(codes.data as Int8Array, codes.shape, [0, 2, 3, 1]);
    expect(new Int8Array(stored!.data!.slice().buffer)).toEqual(expected);
    expect(stored!.quantization!.scale).toHaveLength(codes.shape[0]!);
    expect(stored!.quantization).toMatchObject({ axis: 0, zeroPoint: stored!.quantization!.scale.map(() => 0) });
  });

  it('of 4 bits are codes of 4 bits, each in a byte', async () => {
    const graph = await storedWeights(await compressed('quantize.weights{bits:4, rounding:nearest}'));
    const codes = storedLayers(graphOf(graph)).flatMap(({ data }) => [...new Int8Array(data!.slice().buffer)]);
    expect(Math.max(...codes.map(Math.abs))).toBeLessThan(9);
  });
});

describe('weights behind DequantizeLinear', () => {
  const scale = Float32Array.from({ length: 4 }, (_, channel) => 0.01 * (channel + 1));
  const codes = Int8Array.from(noise(4 * 3 * 9, 3), (value) => Math.round(value * 127));

  function network(stored: Tensor, zeroPoint: Tensor | undefined): Graph {
    const inputs = zeroPoint ? ['codes', 'scale', 'zero'] : ['codes', 'scale'];
    return makeGraph({
      inputs: [makeValue('input', 'float32', [1, 3, 8, 8])],
      outputs: [makeValue('y', 'float32', [])],
      nodes: [
        makeNode('DequantizeLinear', inputs, ['w'], { axis: attr.int(0) }),
        makeNode('Conv', ['input', 'w'], ['y'], { pads: attr.ints([1, 1, 1, 1]) }),
      ],
      initializers: { codes: stored, scale: float32Tensor([4], scale), ...(zeroPoint && { zero: zeroPoint }) },
    });
  }

  it('stay codes where zero is code 0, of uint8 where it is 128', () => {
    const signed = graphOf(network(int8Tensor([4, 3, 3, 3], codes), undefined));
    const shifted = Uint8Array.from(codes, (code) => code + 128);
    const unsigned = graphOf(network(uint8Tensor([4, 3, 3, 3], shifted), uint8Tensor([4], [128, 128, 128, 128])));
    const [a, b] = [signed, unsigned].map((graph) => storedLayers(graph)[0]!);
    expect(a!.type).toBe(int8);
    expect(b!.data).toEqual(a!.data);
    expect(a!.quantization!.scale).toEqual([...scale]);
    expect(signed.operators[0]!.version).toBe(5);
  });

  it('become numbers where zero is another code', () => {
    const graph = network(int8Tensor([4, 3, 3, 3], codes), int8Tensor([4], [0, 3, 0, 0]));
    const [weights] = storedLayers(graphOf(graph));
    const numbers = new Float32Array(weights!.data!.slice().buffer);
    expect(weights!.type).toBe('FLOAT32');
    // The second output channel begins 27 numbers later, and lies with its channels last.
    expect(numbers[27]).toBeCloseTo((codes[27]! - 3) * scale[1]!, 6);
  });

  it.skipIf(!hasTflite)(`answer as numbers do, up to 8 bits of activations${needsTflite}`, async () => {
    const graph = network(int8Tensor([4, 3, 3, 3], codes), undefined);
    expect(await differenceAsTflite(graph, noiseTensor([1, 3, 8, 8], 5), { xnnpack: true })).toBeLessThan(0.02);
  });
});
