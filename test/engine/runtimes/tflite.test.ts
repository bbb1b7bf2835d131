import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { tfliteLibrary } from '../../../src/main/engine/runtimes/native-libraries';
import type { Runtime, RuntimeTensor } from '../../../src/main/engine/runtimes/runtime';
import { tflite } from '../../../src/main/engine/runtimes/tflite';
import { hasTfliteFiles, needs, needsTfliteFiles, ptqPath, qatPath } from '../../fixtures/tflite-files';

const library = needs(tfliteLibrary);
const runtimes: Runtime[] = [tflite];

describe.each(runtimes)('$id$title', (runtime) => {
  it.skipIf(!library.isHere)(`tells its version${library.title}`, () => {
    expect(runtime.version()).toMatch(/^2\.\d+\.\d+/);
  });
});

const isReady = library.isHere && hasTfliteFiles;
describe.skipIf(!isReady)(`files that others made${library.title}${needsTfliteFiles}`, () => {
  const input = (value: number): RuntimeTensor => ({
    type: 'uint8',
    shape: [1, 224, 224, 3],
    data: new Uint8Array(224 * 224 * 3).fill(value),
  });

  it('declares types, shapes and quantization', async () => {
    const session = await tflite.open(qatPath, { threads: 1 });
    expect(session.inputs).toEqual({
      input: {
        type: 'uint8',
        shape: [1, 224, 224, 3],
        layout: 'NHWC',
        quantization: { scale: 0.0078125, zeroPoint: 128 },
      },
    });
    expect(session.outputs).toMatchObject({ 'MobilenetV2/Predictions/Softmax': { type: 'uint8', shape: [1, 1001] } });
    await session.close();
  });

  it('takes a file from memory, reuses the memory of earlier outputs, and gives equal answers', async () => {
    const session = await tflite.open(readFileSync(ptqPath), { threads: 2 });
    const [name] = session.inputNames;
    const [output] = session.outputNames;
    const first = await session.run({ [name!]: input(100) });
    const answers = Uint8Array.from(first[output!]!.data as Uint8Array);
    const again = await session.run({ [name!]: input(100) }, first);
    expect(again[output!]!.data).toBe(first[output!]!.data);
    expect(again[output!]!.data).toEqual(answers);
    expect(session.notes).toEqual([]);
    await session.close();
    await session.close();
    await expect(session.run({ [name!]: input(1) })).rejects.toMatchObject({ code: 'model.runtime-failed' });
  });

  it('goes on without XNNPACK where that refuses the file, and says so', async () => {
    const session = await tflite.open(qatPath, { threads: 1 });
    expect(session.notes).toEqual([
      expect.stringMatching(/^XNNPACK refuses this file \(.+\): it runs on the built-in kernels/),
    ]);
    await session.close();
  });

  it('refuses what is no network, and feeds of another size, in its own words', async () => {
    await expect(tflite.open(Buffer.from('no network at all'), { threads: 1 })).rejects.toThrow(
      /^TensorFlow Lite cannot load the model: it is not a TensorFlow Lite network/,
    );
    const session = await tflite.open(ptqPath, { threads: 1 });
    await expect(
      session.run({ [session.inputNames[0]!]: { type: 'uint8', shape: [1], data: new Uint8Array(1) } }),
    ).rejects.toThrow(/takes uint8 1 x 224 x 224 x 3/);
    await session.close();
  });
});
