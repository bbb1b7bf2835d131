import { describe, expect, it } from 'vitest';
import { convertGraph, findUnsupported } from '../../../src/main/engine/formats/tflite/convert/convert';
import { classifierNetwork } from '../../../src/main/engine/onnx/classifier-network';
import type { Tensor } from '../../../src/main/engine/onnx/graph';
import { noiseTensor } from '../../fixtures/graphs';
import { foreignNetworks } from '../../fixtures/networks';
import { inputsAndOutputs } from '../../fixtures/networks/inputs-and-outputs';
import { randomNetwork } from '../../fixtures/random-network';
import { differenceAsTflite, hasTflite, kernels, needsTflite } from '../../fixtures/converted-network';

const networks = [...new Map([...foreignNetworks, ...inputsAndOutputs].map((each) => [each.name, each])).values()]
  // Codes are another matter, with tests of their own.
  .filter(({ name }) => name !== 'qdq')
  .map(({ name, make, card }) => ({ name, graph: classifierNetwork(make(), card, name) }));

function imageFor({ graph }: (typeof networks)[number]): Tensor {
  const { shape, type } = graph.inputs[0]!;
  const image = noiseTensor(
    shape.map((size) => (typeof size === 'number' ? size : 1)),
    5,
  );
  if (type !== 'uint8') return image;
  return { ...image, type, data: Uint8Array.from(image.data as Float32Array, (value) => Math.abs(value) * 255) };
}

/** Halves are widened before the first layer, where ONNX Runtime rounds after each. */
const tolerances: Record<string, number> = { float16: 1e-3, 'half-input': 1e-3 };

describe('every network that techniques are tried on', () => {
  it.each(networks)('$name has a counterpart of each operator', ({ graph }) => {
    expect(findUnsupported(graph)).toEqual([]);
  });

  it.each(networks)(
    '$name is as if it had been written with channels last: nothing is transposed',
    ({ name, graph }) => {
      const transposes = convertGraph(graph).graphs[0]!.operators.filter(({ op }) => op === 'TRANSPOSE').length;
      // One for each channel shuffle; queries, keys, values and their product change places in attention.
      const inherent: Record<string, number> = {
        'shufflenetv2-split': 3,
        'shufflenetv2-slice': 3,
        'vision-transformer': 4,
      };
      expect(transposes).toBe(inherent[name] ?? 0);
    },
  );

  describe.each(kernels)('with xnnpack $xnnpack', (kernel) => {
    it.skipIf(!hasTflite).each(networks)(`$name answers as in ONNX Runtime${needsTflite}`, async (network) => {
      const difference = await differenceAsTflite(network.graph, imageFor(network), kernel);
      expect(difference).toBeLessThan(tolerances[network.name] ?? 1e-4);
    });

    it.skipIf(!hasTflite)(`networks of random structure answer as in ONNX Runtime${needsTflite}`, async () => {
      for (let seed = 0; seed < 25; seed++) {
        const difference = await differenceAsTflite(randomNetwork(seed), noiseTensor([1, 3, 6, 6], seed), kernel);
        expect(difference, `seed ${seed}`).toBeLessThan(1e-4);
      }
    });
  });
});
