/**
 * Writes VGG19 (575 MB) and ViT-B/16 (346 MB) with random weights and their cards, to measure what steps on large networks take:
 * time and memory of `whittle compress FOLDER/NAME.onnx --recipe STEPS --data IMAGES -o OUT.onnx` follow from shapes, not from weights.
 * Usage: large-networks FOLDER [vgg19,vit-b-16]
 */
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { saveModel } from '../src/main/engine/onnx/save';
import { attr } from '../src/main/engine/onnx/make';
import type { Graph } from '../src/main/engine/onnx/graph';
import { cardOf, NetworkWriter } from '../test/fixtures/networks/network-writer';
import { encoder } from './int8-kinds/transformer';

const side = 224;
const classes = 1000;
const begin = (name: string): NetworkWriter => new NetworkWriter(name, { input: ['batch', 3, side, side] });

/** Simonyan and Zisserman (2015), configuration E. */
function vgg19(name: string): Graph {
  const net = begin(name);
  let x = net.input;
  for (const [channels, layers] of [
    [64, 2],
    [128, 2],
    [256, 4],
    [512, 4],
    [512, 4],
  ] as const) {
    for (let layer = 0; layer < layers; layer++) x = net.on('Relu', net.conv(x, channels, { kernel: 3, bias: true }));
    x = net.on('MaxPool', x, [], { kernel_shape: attr.ints([2, 2]), strides: attr.ints([2, 2]) });
  }
  const flat = net.on('Flatten', x, [], { axis: attr.int(1) });
  let y = { ...flat, channels: 512 * 7 * 7 };
  for (let layer = 0; layer < 2; layer++) y = net.on('Relu', net.linear(y, 4096));
  return net.finish(net.linear(y, classes));
}

/** Dosovitskiy et al. (2021), with the mean of all tokens in place of a class token. */
function visionTransformer(name: string): Graph {
  const net = begin(name);
  const [width, patch] = [768, 16];
  const map = net.patches(net.input, width, patch);
  return encoder(net, map, { heads: 12, tokens: (side / patch) ** 2, blocks: 12, hidden: 4 * width, classes });
}

const made: Record<string, (name: string) => Graph> = { vgg19, 'vit-b-16': visionTransformer };
const [folder, names = Object.keys(made).join()] = process.argv.slice(2);
if (folder === undefined) throw new Error('Usage: large-networks FOLDER [vgg19,vit-b-16]');
await mkdir(folder, { recursive: true });
for (const name of names.split(',')) {
  const path = join(folder, `${name}.onnx`);
  if (!existsSync(path)) await saveModel(made[name]!(name), path);
  const preprocess = { ...cardOf(name).preprocess, resize: 256, crop: side };
  const input = { name: 'input', layout: 'NCHW', channels: 'RGB', height: side, width: side } as const;
  const card = cardOf(name, {
    file: `${name}.onnx`,
    labels: 'imagenet-1k',
    input,
    output: { name: 'logits', classes },
    preprocess,
  });
  await writeFile(path.replace(/onnx$/, 'card.json'), JSON.stringify(card, null, 2));
  console.log(path);
}
