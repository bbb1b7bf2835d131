/**
 * Quantizes any ONNX classifier with calibration inputs from a raw file (float32, `[count, 3, height, width]`), so that another quantizer can be given the same.
 * Usage: quantize-file MODEL.onnx INPUTS.f32 HEIGHT WIDTH OUT.onnx [recipe, "quantize.static" by default]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { loadModel } from '../src/main/engine/onnx/load';
import { encodeModel } from '../src/main/engine/onnx/save';
import { simplify } from '../src/main/engine/onnx/simplify';
import { applyStep } from '../src/main/engine/techniques/apply-step';
import type { ModelCard } from '../src/shared/model-card';
import { parseRecipe } from '../src/shared/recipe-syntax';
import { contextFor } from '../test/engine/techniques/small-networks';

const [model, inputs, height, width, out, recipe = 'quantize.static'] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string?,
];
const image = [3, Number(height), Number(width)];
const bytes = readFileSync(inputs);
const data = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
const graph = simplify(await loadModel(model));
const card: ModelCard = {
  name: model,
  task: 'image-classification',
  input: { name: graph.inputs[0]!.name, layout: 'NCHW', channels: 'RGB', height: image[1]!, width: image[2]! },
  output: { name: graph.outputs[0]!.name, classes: 2 },
  preprocess: { resize: image[1]!, crop: image[1]!, interpolation: 'bilinear', mean: [0, 0, 0], std: [1, 1, 1] },
};
const context = {
  ...contextFor(card, data, image),
  reference: () => Promise.resolve(graph),
  note: (sentence: string) => console.log(sentence),
};
let result = graph;
for (const { technique, params } of parseRecipe(recipe)) result = await applyStep(result, technique, params, context);
writeFileSync(out, encodeModel(result));
