import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { litert } from '../../../src/main/engine/runtimes/litert';
import { litertLibrary, tfliteLibrary } from '../../../src/main/engine/runtimes/native-libraries';
import type { Runtime, RuntimeTensor } from '../../../src/main/engine/runtimes/runtime';
import { tflite } from '../../../src/main/engine/runtimes/tflite';
import { needs } from '../../fixtures/native-library';
import { hasTfliteFiles, needsTfliteFiles, tfliteFilePath } from '../../fixtures/real-tflite-files';

/** Full int8 of 2021, and quantization-aware uint8 of 2018. */
const ptqPath = tfliteFilePath('tf2_mobilenet_v2_1.0_224_ptq.tflite');
const qatPath = tfliteFilePath('mobilenet_v2_1.0_224_quant.tflite');

const library = needs(tfliteLibrary);
const litertIsHere = needs(litertLibrary);

describe.each([
  { runtime: tflite, library },
  { runtime: litert, library: litertIsHere },
])('$runtime.id', ({ runtime, library }) => {
  it.skipIf(!library.isHere)(`tells its version${library.title}`, () => {
    expect(runtime.version()).toMatch(/^2\.\d+\.\d+/);
  });

  const isReady = library.isHere && hasTfliteFiles;
  it.skipIf(!isReady)(`declares types, shapes and quantization${library.title}${needsTfliteFiles}`, async () => {
    const session = await runtime.open(qatPath, { threads: 1 });
    const quantization = { scale: 0.0078125, zeroPoint: 128 };
    expect(session.inputs).toEqual({
      input: { type: 'uint8', shape: [1, 224, 224, 3], layout: 'NHWC', quantization },
    });
    expect(session.outputs).toEqual({
      'MobilenetV2/Predictions/Softmax': {
        type: 'uint8',
        shape: [1, 1001],
        quantization: { scale: 0.00390625, zeroPoint: 0 },
      },
    });
    await session.close();
  });

  it.skipIf(!isReady)(
    'takes a file from memory, reuses the memory of earlier outputs, gives equal answers',
    async () => {
      const session = await runtime.open(readFileSync(ptqPath), { threads: 2 });
      const [name] = session.inputNames;
      const [output] = session.outputNames;
      const first = await session.run({ [name!]: input(100) });
      const answers = Uint8Array.from(first[output!]!.data as Uint8Array);
      const again = await session.run({ [name!]: input(100) }, first);
      expect(again[output!]!.data).toBe(first[output!]!.data);
      expect(again[output!]!.data).toEqual(answers);
      expect(session.notes ?? []).toEqual([]);
      await session.close();
      await session.close();
      await expect(session.run({ [name!]: input(1) })).rejects.toMatchObject({ code: 'model.runtime-failed' });
    },
  );

  it.skipIf(!isReady)('refuses what is no network, and feeds of another size, in its own words', async () => {
    const title = runtime.title;
    await expect(runtime.open(Buffer.from('no network at all'), { threads: 1 })).rejects.toThrow(
      new RegExp(`^${title} cannot load the model: it is not a TensorFlow Lite network`),
    );
    const session = await runtime.open(ptqPath, { threads: 1 });
    const small: RuntimeTensor = { type: 'uint8', shape: [1], data: new Uint8Array(1) };
    await expect(session.run({ [session.inputNames[0]!]: small })).rejects.toThrow(/takes uint8 1 x 224 x 224 x 3/);
    await session.close();
  });

  it.skipIf(!isReady)('frees what it held: opening again and again takes no more memory', async () => {
    const open = async (): Promise<void> => {
      const session = await runtime.open(ptqPath, { threads: 1 });
      await session.run({ [session.inputNames[0]!]: input(1) });
      await session.close();
    };
    for (let count = 0; count < 5; count++) await open();
    const before = process.memoryUsage().rss;
    for (let count = 0; count < 20; count++) await open();
    // Each holds more than 4 MB of weights beside its activations.
    expect(process.memoryUsage().rss - before).toBeLessThan(40e6);
  });
});

const input = (value: number): RuntimeTensor => ({
  type: 'uint8',
  shape: [1, 224, 224, 3],
  data: new Uint8Array(224 * 224 * 3).fill(value),
});

it.skipIf(!library.isHere || !hasTfliteFiles)(
  'TensorFlow Lite goes on without XNNPACK where that refuses a file, and says so',
  async () => {
    const session = await tflite.open(qatPath, { threads: 1 });
    expect(session.notes).toEqual([
      expect.stringMatching(/^XNNPACK refuses this file \(failed to delegate CONV_2D node/),
    ]);
    await session.close();
    const asked = await tflite.open(qatPath, { threads: 1, options: { xnnpack: false } });
    expect(asked.notes).toEqual([]);
    await asked.close();
  },
);

const both = library.isHere && litertIsHere.isHere && hasTfliteFiles;
it.skipIf(!both)('both answer as the built-in kernels do, to within rounding', async () => {
  const codes = async (runtime: Runtime, options: Record<string, unknown>): Promise<Uint8Array> => {
    const session = await runtime.open(ptqPath, { threads: 1, options });
    const feed = input(0);
    (feed.data as Uint8Array).forEach((_, index, all) => (all[index] = (index * 2654435761) >>> 24));
    const outputs = await session.run({ [session.inputNames[0]!]: feed });
    await session.close();
    return outputs[session.outputNames[0]!]!.data as Uint8Array;
  };
  const reference = await codes(tflite, { xnnpack: false });
  for (const [runtime, options] of [
    [tflite, {}],
    [litert, {}],
    [litert, { kernels: 'builtin' }],
  ] as const) {
    const own = await codes(runtime, options);
    expect(Math.max(...own.map((code, index) => Math.abs(code - reference[index]!)))).toBeLessThanOrEqual(8);
  }
});
