import { describe, expect, it } from 'vitest';
import { convertGraph } from '../../../src/main/engine/formats/tflite/convert/convert';
import { withDecodedDepthwise } from '../../../src/main/engine/formats/tflite/convert/decoded-depthwise';
import { withFourBitWeights } from '../../../src/main/engine/formats/tflite/convert/four-bit-weights';
import { storedWeights } from '../../../src/main/engine/formats/tflite/convert/stored-weights';
import { minimumRuntime } from '../../../src/main/engine/formats/tflite/minimum-runtime';
import type { TfliteModel } from '../../../src/main/engine/formats/tflite/model';
import { readTflite } from '../../../src/main/engine/formats/tflite/read-model';
import { weightedOperators } from '../../../src/main/engine/formats/tflite/weighted-operators';
import { writeTflite } from '../../../src/main/engine/formats/tflite/write-model';
import { litert } from '../../../src/main/engine/runtimes/litert';
import { litertLibrary } from '../../../src/main/engine/runtimes/native-libraries';
import { compressed, scoresOf } from '../../fixtures/compressed-network';
import { needs } from '../../fixtures/native-library';
import type { ForeignNetwork } from '../../fixtures/networks/foreign-network';
import { mobileNetV3ByParts } from '../../fixtures/networks/mobilenet-v3';
import { resNet18 } from '../../fixtures/networks/resnet';

const { isHere: hasLitert, title: needsLitert } = needs(litertLibrary);

const converted = async (recipe: string, network?: ForeignNetwork): Promise<TfliteModel> =>
  withDecodedDepthwise(convertGraph(await storedWeights(await compressed(recipe, network))));

const fourBits = 'quantize.weights{bits:4, scheme:linear-signed, rounding:nearest}';
const codesOf = ({ graphs }: TfliteModel): number[][] =>
  weightedOperators(graphs[0]!).map(({ stored }) => {
    const bytes = stored!.data!;
    if (stored!.type !== 'INT4') return [...new Int8Array(bytes.slice().buffer)];
    const count = stored!.shape.reduce((product, size) => product * size, 1);
    const nibbles = [...bytes].flatMap((byte) => [byte & 15, byte >> 4]).slice(0, count);
    return nibbles.map((nibble) => (nibble > 7 ? nibble - 16 : nibble));
  });
const typesOf = ({ graphs }: TfliteModel): Set<string> =>
  new Set(weightedOperators(graphs[0]!).map(({ stored }) => stored!.type));

describe('weights of 4 bits', () => {
  it('lie two in a byte, the first in the lower half, with the same scales', async () => {
    const model = await converted(fourBits);
    const packed = withFourBitWeights(model);
    expect(typesOf(model)).toEqual(new Set(['INT8']));
    expect(typesOf(packed)).toEqual(new Set(['INT4']));
    const again = readTflite(writeTflite(packed));
    expect(codesOf(again)).toEqual(codesOf(model));
    const scales = ({ graphs }: TfliteModel): number[][] =>
      weightedOperators(graphs[0]!).map(({ stored }) => stored!.quantization!.scale);
    expect(scales(again)).toEqual(scales(model));
    expect(minimumRuntime(packed)).toBe('2.11.0');
  });

  it('halve the bytes of the weights', async () => {
    const model = await converted(fourBits);
    const weightBytes = codesOf(model).reduce((sum, codes) => sum + Math.floor(codes.length / 2), 0);
    const saved = writeTflite(model).length - writeTflite(withFourBitWeights(model)).length;
    // Buffers begin at multiples of 16 bytes.
    expect(Math.abs(saved - weightBytes)).toBeLessThan(16 * codesOf(model).length);
  });

  it('are only those of layers whose codes all fit', async () => {
    expect(typesOf(withFourBitWeights(await converted('quantize.weights{bits:8, rounding:nearest}')))).toEqual(
      new Set(['INT8']),
    );
    expect(typesOf(withFourBitWeights(await converted('prune.magnitude{amount:0.5}')))).toEqual(new Set(['FLOAT32']));
  });

  it('stay a byte each, decoded when the file is opened, in depthwise layers of floats', async () => {
    const typesOfDepthwise = ({ graphs }: TfliteModel): Set<string> =>
      new Set(
        weightedOperators(graphs[0]!)
          .filter(({ operator }) => operator.op === 'DEPTHWISE_CONV_2D')
          .map(({ stored }) => stored!.type),
      );
    const model = withFourBitWeights(await converted(fourBits, mobileNetV3ByParts));
    expect(typesOfDepthwise(model)).toEqual(new Set(['INT8']));
    expect(typesOf(model)).toContain('INT4');
    const { operators } = model.graphs[0]!;
    const depthwise = operators.filter(({ op }) => op === 'DEPTHWISE_CONV_2D');
    const decoded = operators.filter(({ op }) => op === 'DEQUANTIZE').map(({ outputs }) => outputs[0]);
    expect(depthwise.map(({ inputs }) => inputs[1])).toEqual(decoded);
  });

  const recipes = [fourBits, `${fourBits} | quantize.static{profile:tflite}`];
  const cases = [resNet18, mobileNetV3ByParts].flatMap((network) => recipes.map((recipe) => ({ recipe, network })));
  it.skipIf(!hasLitert).each(cases)(
    `answer in LiteRT as the same codes in a byte each do: $network.name, $recipe${needsLitert}`,
    async ({ recipe, network }) => {
      const model = await converted(recipe, network);
      const packed = withFourBitWeights(model);
      expect(typesOf(packed)).toContain('INT4');
      const [one, other] = await Promise.all([model, packed].map((each) => scoresOf(litert, each)));
      const peak = Math.max(...one!.map(Math.abs));
      // Built-in kernels and XNNPACK round the codes of activations differently.
      expect(Math.max(...one!.map((score, index) => Math.abs(score - other![index]!))) / peak).toBeLessThan(0.05);
    },
  );
});
