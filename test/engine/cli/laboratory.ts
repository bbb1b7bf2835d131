import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import type { ModelCard } from '@shared/model-card';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { attr, float32Tensor, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { makeGraph, noise, noiseTensor } from '../../fixtures/graphs';

/** A classifier of 32 x 32 images into 4 classes; `width` channels in its second convolution. */
export function smallClassifier(seed = 1, width = 8): Graph {
  const conv = (input: string, output: string) =>
    makeNode('Conv', [input, `${output}.weight`, `${output}.bias`], [output], {
      kernel_shape: attr.ints([3, 3]),
      pads: attr.ints([1, 1, 1, 1]),
      strides: attr.ints([2, 2]),
    });
  return makeGraph({
    inputs: [makeValue('input', 'float32', ['batch', 3, 32, 32])],
    outputs: [makeValue('logits', 'float32', ['batch', 4])],
    nodes: [
      conv('input', 'first'),
      makeNode('Relu', ['first'], ['first.active']),
      conv('first.active', 'second'),
      makeNode('Relu', ['second'], ['second.active']),
      makeNode('GlobalAveragePool', ['second.active'], ['pooled']),
      makeNode('Flatten', ['pooled'], ['flat']),
      makeNode('Gemm', ['flat', 'fc.weight', 'fc.bias'], ['logits'], { transB: attr.int(1) }),
    ],
    initializers: {
      'first.weight': noiseTensor([width, 3, 3, 3], seed),
      'first.bias': noiseTensor([width], seed + 1),
      'second.weight': noiseTensor([width, width, 3, 3], seed + 2),
      'second.bias': noiseTensor([width], seed + 3),
      'fc.weight': noiseTensor([4, width], seed + 4),
      'fc.bias': float32Tensor([4], [0, 0, 0, 0]),
    },
  });
}

const card: Omit<ModelCard, 'name'> = {
  task: 'image-classification',
  licence: 'Apache-2.0',
  input: { name: 'input', layout: 'NCHW', channels: 'RGB', height: 32, width: 32 },
  output: { name: 'logits', classes: 4 },
  preprocess: { resize: 36, crop: 32, interpolation: 'bilinear', mean: [127.5, 127.5, 127.5], std: [64, 64, 64] },
};

export function writeModel(
  folder: string,
  name: string,
  graph: Graph = smallClassifier(),
  { hasCard = true } = {},
): string {
  const path = join(folder, `${name}.onnx`);
  writeFileSync(path, encodeModel(graph));
  if (hasCard) writeFileSync(join(folder, `${name}.card.json`), JSON.stringify({ name, ...card }));
  return path;
}

/** Images of coloured noise, four classes by colour, with val.txt beside them. */
export async function writeImages(folder: string, count = 20): Promise<string> {
  mkdirSync(join(folder, 'val'), { recursive: true });
  const side = 40;
  const lines: string[] = [];
  for (let index = 0; index < count; index++) {
    const label = index % 4;
    const grain = noise(side * side * 3, index + 1);
    const pixels = Uint8Array.from(grain, (value, at) => 128 + value * 60 + (at % 3 === label ? 60 : 0));
    const name = `image-${String(index).padStart(3, '0')}.jpg`;
    await sharp(pixels, { raw: { width: side, height: side, channels: 3 } })
      .jpeg()
      .toFile(join(folder, 'val', name));
    lines.push(`${name} ${label}`);
  }
  writeFileSync(join(folder, 'val.txt'), `${lines.join('\n')}\n`);
  return folder;
}

const sweepText = {
  models: 'models: [small.onnx]',
  dataset: 'dataset: { path: images, eval: 12, calibration: 6 }',
  targets: 'targets: []',
  recipes:
    'recipes: { baseline: [], int8: [quantize.static], pruned: [prune.magnitude], both: [prune.magnitude, quantize.static] }',
};

export type SweepText = typeof sweepText;

/** Writes a sweep file; parts may be replaced. */
export function writeSweep(folder: string, changes: Partial<SweepText> = {}): string {
  const path = join(folder, 'sweep.yaml');
  writeFileSync(path, `${Object.values({ ...sweepText, ...changes }).join('\n')}\n`);
  return path;
}

/** A folder with a model `small`, a dataset `images` and a sweep of both. */
export async function furnish(folder: string): Promise<string> {
  writeModel(folder, 'small');
  await writeImages(join(folder, 'images'));
  writeSweep(folder);
  return folder;
}
