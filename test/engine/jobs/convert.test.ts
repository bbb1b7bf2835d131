import { join } from 'node:path';
import { expect, it } from 'vitest';
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
  const report = { note: (text: string) => notes.push(text) };
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
