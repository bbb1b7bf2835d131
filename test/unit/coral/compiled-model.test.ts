import { describe, expect, it } from 'vitest';
import { presetPreprocess } from '@shared/preprocess-presets';
import { openAnyModel } from '../../../src/main/engine/models/model-folder';
import { hasTfliteFiles, needsTfliteFiles, tfliteFilePath } from '../../fixtures/real-tflite-files';

describe.skipIf(!hasTfliteFiles)(`a compiled .tflite as a model${needsTfliteFiles}`, () => {
  it.each([
    ['mobilenet_v1_0.25_128_quant.tflite', 'tflite'],
    ['mobilenet_v1_0.25_128_quant_edgetpu.tflite', 'edgetpu'],
  ] as const)('%s is of the format %s, which decides what runs it', async (name, format) => {
    const choice = { preprocess: (image: Parameters<typeof presetPreprocess>[1]) => presetPreprocess('raw', image) };
    const model = await openAnyModel(tfliteFilePath(name), choice);
    expect(model).toMatchObject({ format, card: { input: { height: 128, width: 128 }, output: { classes: 1000 } } });
  });
});
