import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelCard } from '@shared/model-card';
import { loadTflite } from '../../../src/main/engine/formats/tflite/load-model';
import { tfliteFormat } from '../../../src/main/engine/formats/tflite/tflite-format';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { makeNode } from '../../../src/main/engine/onnx/make';
import { saveModel } from '../../../src/main/engine/onnx/save';
import { colourCard, colourNetwork } from '../../fixtures/networks/colour-network';

const card: ModelCard = { ...colourCard('colours'), labelNames: ['red', 'green', 'blue'] };
const floats = { input: 'float32', output: 'float32', weights: 'int8', zeros: 'dense' };

describe('the TensorFlow Lite format', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whittle-tflite-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function saved(name: string, graph: Graph): Promise<string> {
    const path = join(folder, `${name}.onnx`);
    await saveModel(graph, path);
    return path;
  }

  it('writes a file that names its classes, with images [1,H,W,C] and the ONNX names', async () => {
    const output = join(folder, 'colours.tflite');
    await tfliteFormat.convert(await saved('colours', colourNetwork({})), output, card, floats);
    const { graphs, associatedFiles } = await loadTflite(output);
    const { tensors, inputs, outputs } = graphs[0]!;
    expect(tensors[inputs[0]!]).toMatchObject({ name: 'input', shape: [1, 16, 16, 3], type: 'FLOAT32' });
    expect(tensors[outputs[0]!]).toMatchObject({ name: 'scores', shape: [1, 3], type: 'FLOAT32' });
    expect(Buffer.from(associatedFiles![0]!.content).toString()).toBe('red\ngreen\nblue\n');
    const { sizeBytes, params, macs } = await tfliteFormat.describe(output);
    expect(sizeBytes).toBe((await stat(output)).size);
    // 3 x 3 windows of 3 channels to 3, and a matrix of 3 x 3, with biases.
    expect(params).toBe(3 * 3 * 9 + 3 + 3 * 3 + 3);
    expect(macs).toBe(16 * 16 * 3 * 3 * 9 + 3 * 3);
  });

  it('names the operators that have no counterpart, and writes nothing', async () => {
    const graph = colourNetwork({
      after: { nodes: [makeNode('Erf', ['scores'], ['y'])], outputs: [['y', 'float32', ['batch', 3]]] },
    });
    const path = await saved('erf', graph);
    const named = { ...card, output: { ...card.output, name: 'y' } };
    expect(await tfliteFormat.unsupported!(path, named)).toEqual(['Erf']);
    await expect(tfliteFormat.convert(path, join(folder, 'erf.tflite'), named, floats)).rejects.toMatchObject({
      code: 'format.unsupported-operator',
      facts: { operators: 'Erf', format: 'tflite' },
    });
    expect((await readdir(folder)).filter((name) => name.startsWith('erf.tflite'))).toEqual([]);
  });

  it('takes options by name, floats where nothing is said', () => {
    expect(tfliteFormat.options.parse({})).toEqual(floats);
    expect(tfliteFormat.options.safeParse({ input: 'int4' }).success).toBe(false);
    expect(tfliteFormat.options.safeParse({ weight: 'int8' }).success).toBe(false);
  });
});
