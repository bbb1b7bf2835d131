/**
 * Quantizes any ONNX classifier with calibration inputs from a raw file (float32, `[count, 3, height, width]`), so that another quantizer can be given the same.
 * Usage: quantize-file MODEL.onnx INPUTS.f32 HEIGHT WIDTH OUT.onnx [recipe, "quantize.static" by default]
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRandom } from '../src/main/engine/compression/algebra/random';
import type { TechniqueContext } from '../src/main/engine/compression/calibration/technique-context';
import { loadModel } from '../src/main/engine/onnx/load';
import { encodeModel } from '../src/main/engine/onnx/save';
import { simplify } from '../src/main/engine/onnx/simplify';
import { applyStep } from '../src/main/engine/techniques/apply-step';
import { parseRecipe } from '../src/shared/recipe-syntax';

const [model, inputs, height, width, out, recipe = 'quantize.static'] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string?,
];
const image = [3, Number(height), Number(width)];
const size = image.reduce((product, length) => product * length, 1);
const bytes = readFileSync(inputs);
const data = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
const count = data.length / size;
const graph = simplify(await loadModel(model));
const context: TechniqueContext = {
  card: {
    name: model,
    task: 'image-classification',
    input: { name: graph.inputs[0]!.name, layout: 'NCHW', channels: 'RGB', height: image[1]!, width: image[2]! },
    output: { name: graph.outputs[0]!.name, classes: 2 },
    preprocess: { resize: image[1]!, crop: image[1]!, interpolation: 'bilinear', mean: [0, 0, 0], std: [1, 1, 1] },
  },
  calibration: {
    count,
    async *batches(batch) {
      for (let first = 0; first < count; first += batch) {
        const taken = Math.min(batch, count - first);
        await Promise.resolve();
        yield { data: data.slice(first * size, (first + taken) * size), shape: [taken, ...image] };
      }
    },
  },
  cached: (_key, compute) => compute(),
  reference: () => Promise.resolve(graph),
  seed: 1,
  threads: 1,
  rng: createRandom(1),
  progress: () => undefined,
  note: (sentence) => console.log(sentence),
  log: () => undefined,
  signal: new AbortController().signal,
};
let result = graph;
for (const { technique, params } of parseRecipe(recipe)) result = await applyStep(result, technique, params, context);
writeFileSync(out, encodeModel(result));
