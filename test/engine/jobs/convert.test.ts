import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { loadTflite } from '../../../src/main/engine/formats/tflite/load-model';
import { convert } from '../../../src/main/engine/jobs/convert';
import { modelCardSchema } from '../../../src/shared/model-card';
import { saveSmallClassifier, smallCard } from '../measure/small-classifier';
import { temporaryFolder } from '../store/temporary-folder';

it('what a sweep wants of all files is floats where a network computes in floats, and the trial says so', async () => {
  const folder = temporaryFolder();
  const modelPath = await saveSmallClassifier(join(folder, 'float.onnx'), {
    weights: [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
      [1, 1, 1],
    ],
  });
  const card = modelCardSchema.parse(smallCard(4));
  const outputPath = join(folder, 'float.tflite');
  const options = { input: 'int8', output: 'uint8' };
  const job = { kind: 'convert' as const, modelPath, card, format: 'tflite', options, outputPath };
  const notes: string[] = [];
  const report = { note: (text: string) => notes.push(text), signal: new AbortController().signal };
  await expect(convert({ ...job, isStrict: true }, report)).rejects.toMatchObject({ code: 'format.no-codes' });
  expect(notes).toEqual([]);
  await convert(job, report);
  const [graph] = (await loadTflite(outputPath)).graphs;
  for (const index of [...graph!.inputs, ...graph!.outputs]) expect(graph!.tensors[index]!.type).toBe('FLOAT32');
  expect(notes).toEqual([
    'The tflite file has float32 input, not int8: its first operator computes in floats.',
    expect.stringMatching(/^The tflite file has float32 scores, not uint8: its output ".*" is computed in floats\.$/),
  ]);
});

it('a network in floats is refused for the Edge TPU before anybody is asked to compile it', async () => {
  const folder = temporaryFolder();
  const home = join(folder, 'home');
  vi.stubEnv('WHITTLE_HOME', home);
  vi.stubEnv('WHITTLE_EDGETPU_COMPILER', join(folder, 'nowhere'));
  try {
    const weights = [
      [1, 0, 0],
      [0, 1, 0],
    ];
    const modelPath = await saveSmallClassifier(join(folder, 'float.onnx'), { weights });
    const card = modelCardSchema.parse(smallCard(2));
    const options = { input: 'float32', output: 'float32' };
    const outputPath = join(folder, 'float.edgetpu');
    const job = { kind: 'convert' as const, modelPath, card, format: 'edgetpu', options, outputPath };
    const converting = convert(job, { note: () => undefined, signal: new AbortController().signal });
    await expect(converting).rejects.toThrow(
      'The Edge TPU takes networks in integers alone, and this one computes in floats. End its recipe with quantize.static{profile:tflite}.',
    );
    expect(existsSync(home)).toBe(false);
  } finally {
    vi.unstubAllEnvs();
  }
});
