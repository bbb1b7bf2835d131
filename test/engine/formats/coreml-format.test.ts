import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelCard } from '@shared/model-card';
import { coremlFormat } from '../../../src/main/engine/formats/coreml/format';
import { inspectPackage, packageText } from '../../../src/main/engine/formats/coreml/inspect-package';
import { coremlSchema } from '../../../src/main/engine/formats/coreml/schema';
import { decodeMessage } from '../../../src/main/engine/formats/protobuf/message';
import { saveModel } from '../../../src/main/engine/onnx/save';
import { checkPackages, hasCoremltools, needsCoremltools } from '../../fixtures/coremltools';
import { colourCard, colourNetwork } from '../../fixtures/networks/colour-network';

const card: ModelCard = { ...colourCard('colours'), labelNames: ['red', 'green', 'blue'] };
const usual = { precision: 'float16', input: 'image', output: 'labels' };

interface Spec {
  specificationVersion: number;
  description: { input: object[]; output: { name: string }[]; predictedFeatureName?: string };
}

describe('the Core ML format', () => {
  let folder: string;
  let onnx: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whittle-coreml-'));
    onnx = join(folder, 'colours.onnx');
    await saveModel(colourNetwork({}), onnx);
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function written(
    name: string,
    options: Record<string, unknown>,
    of = card,
  ): Promise<{ spec: Spec; notes: string[] }> {
    const packed = join(folder, `${name}.coreml`);
    const { notes } = (await coremlFormat.convert(onnx, packed, of, options))!;
    const folderPath = join(folder, `${name}.mlpackage`);
    await coremlFormat.unpack!(packed, folderPath);
    const bytes = await readFile(join(folderPath, 'Data', 'com.apple.CoreML', 'model.mlmodel'));
    return { spec: decodeMessage(coremlSchema, 'Model', bytes) as unknown as Spec, notes };
  }

  it('writes a package that takes images and names the class', async () => {
    const { spec, notes } = await written('labels', usual);
    expect(spec.specificationVersion).toBe(7);
    expect(spec.description.input).toMatchObject([
      { name: 'input', type: { imageType: { width: 16, height: 16, colorSpace: 20 } } },
    ]);
    expect(spec.description.output.map(({ name }) => name)).toEqual(['classLabel', 'classLabel_probs']);
    expect(notes).toEqual([
      'The Core ML package needs iOS 16 and macOS 13 or later. Weights of its 2 layers: 2 as numbers. Nothing ran it here: its answers and times are not known.',
    ]);
    const paths = await readdir(join(folder, 'labels.mlpackage'), { recursive: true });
    const files = await Promise.all(paths.map((path) => stat(join(folder, 'labels.mlpackage', path))));
    const total = files.filter((each) => each.isFile()).reduce((sum, { size }) => sum + size, 0);
    expect((await coremlFormat.describe(join(folder, 'labels.coreml'))).sizeBytes).toBe(total);
  });

  it('writes what can be inspected, unlike any other folder', async () => {
    await written('labels', usual);
    const found = await inspectPackage(join(folder, 'labels.mlpackage'));
    expect(found).toMatchObject({
      specificationVersion: 7,
      inputs: ['input  image  16 x 16'],
      outputs: ['classLabel  string', 'classLabel_probs  dictionary'],
      operations: { conv: 1, relu: 1, linear: 1, classify: 1 },
    });
    expect(packageText(found)).toContain('  format      Core ML program, version 7: iOS 16 and macOS 13 or later\n');
    await expect(inspectPackage(folder)).rejects.toMatchObject({ code: 'coreml.damaged' });
  });

  it('gives scores where that is asked for, or classes have no names', async () => {
    const { spec } = await written('scores', { ...usual, input: 'tensor', output: 'scores' });
    expect(spec.description.input).toMatchObject([{ type: { multiArrayType: { shape: [1, 3, 16, 16] } } }]);
    expect(spec.description.output).toMatchObject([
      { name: 'scores_scores', type: { multiArrayType: { shape: [1, 3] } } },
    ]);
    const unnamed = await written('unnamed', usual, colourCard('colours'));
    expect(unnamed.spec.description.predictedFeatureName).toBeUndefined();
    expect(unnamed.notes[1]).toBe('It gives scores, not labels: its classes have no names.');
  });

  it('writes equal bytes each time, over what is there', async () => {
    await written('again', usual);
    await written('again', usual);
    const [first, second] = await Promise.all(
      ['labels', 'again'].map((name) => readFile(join(folder, `${name}.coreml`))),
    );
    expect(second).toEqual(first);
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it(`is what coremltools reads${needsCoremltools}`, { timeout: 300_000, skip: !hasCoremltools }, () => {
    const verdicts = checkPackages(folder);
    expect(verdicts['labels']).toMatchObject({
      version: 7,
      input: 'imageType',
      outputs: ['classLabel', 'classLabel_probs'],
    });
    expect(verdicts['labels']!.operations).toMatchObject({ sub: 1, mul: 1, conv: 1, softmax: 1, classify: 1 });
    for (const [name, { problem }] of Object.entries(verdicts)) expect(problem, name).toBeUndefined();
  });
});
