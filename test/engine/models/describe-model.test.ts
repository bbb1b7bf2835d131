import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ModelCard, Preprocess } from '@shared/model-card';
import { cardPath, writeCard } from '../../../src/main/engine/models/card';
import { describeModel } from '../../../src/main/engine/models/describe-model';
import { inspectModel } from '../../../src/main/engine/models/inspect-model';
import { openModel } from '../../../src/main/engine/models/model-folder';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { attr, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { makeGraph, noiseTensor } from '../../fixtures/graphs';
import { argMax } from '../../fixtures/networks/arg-max';
import { channelsLast } from '../../fixtures/networks/channels-last';
import { freeSize } from '../../fixtures/networks/free-size';
import { grayImage } from '../../fixtures/networks/gray-image';
import { rectangle } from '../../fixtures/networks/rectangle';
import { severalOutputs } from '../../fixtures/networks/several-outputs';
import { temporaryFolder } from '../store/temporary-folder';

function written(graph: Graph): string {
  const path = join(temporaryFolder(), 'net.onnx');
  writeFileSync(path, encodeModel(graph));
  return path;
}
const onDisk = (path: string): ModelCard => JSON.parse(readFileSync(cardPath(path), 'utf8')) as ModelCard;

/** Pooled colours of an image of any size into as many classes. */
const classifierOfMany = (classes: number): Graph =>
  makeGraph({
    inputs: [makeValue('input', 'float32', ['batch', 3, 16, 16])],
    outputs: [makeValue('scores', 'float32', ['batch', classes])],
    nodes: [
      makeNode('GlobalAveragePool', ['input'], ['pooled']),
      makeNode('Flatten', ['pooled'], ['flat']),
      makeNode('Gemm', ['flat', 'weight'], ['scores'], { transB: attr.int(1) }),
    ],
    initializers: { weight: noiseTensor([classes, 3]) },
  });

describe('a model without a card', () => {
  test.each([channelsLast, grayImage, rectangle])('$name gets one that it opens with', async ({ make, card }) => {
    const path = written(make());
    const { preprocess } = card;
    await describeModel(path, { preprocess, channels: card.input.channels });
    expect(onDisk(path)).toMatchObject({ input: card.input, preprocess });
    expect((await openModel(path)).card.output.classes).toBe(card.output.classes);
  });

  test('knows the classes of ImageNet only where the person says so', async () => {
    const { preprocess } = severalOutputs.card;
    const path = written(classifierOfMany(1000));
    await describeModel(path, { preprocess });
    expect(onDisk(path)).not.toHaveProperty('labels');
    await describeModel(path, { preprocess, labels: 'imagenet-1k' });
    expect(onDisk(path).labels).toBe('imagenet-1k');
  });

  test('with several outputs offers those that may hold the class scores, and takes one of them', async () => {
    const path = written(severalOutputs.make());
    const { classifier } = await inspectModel(path);
    expect(classifier).toMatchObject({
      problem: expect.stringContaining('several outputs') as string,
      choices: ['aux', 'scores'].map((output) => ({ output, facts: { channels: 3, height: 16, classes: 3 } })),
    });
    await describeModel(path, { preprocess: severalOutputs.card.preprocess, output: 'aux' });
    expect((await openModel(path)).card.output.name).toBe('aux');
    expect((await inspectModel(path)).classifier).not.toHaveProperty('problem');
  });

  test('takes the scores behind labels by their own name', async () => {
    const path = written(argMax.make());
    await describeModel(path, { preprocess: argMax.card.preprocess, output: 'scores' });
    expect((await openModel(path)).card.output.name).toBe('scores');
  });
});

describe('a card that is there', () => {
  const full = { title: 'A title', licence: 'MIT', labels: 'pets', labelNames: ['a', 'b', 'c'] };
  const darker: Preprocess = { ...severalOutputs.card.preprocess, mean: [1, 2, 3] };

  test('keeps what nothing was said of', async () => {
    const path = written(severalOutputs.make());
    await writeCard(path, { ...severalOutputs.card, ...full });
    await describeModel(path, { preprocess: darker, channels: 'BGR' });
    const { input } = severalOutputs.card;
    expect(onDisk(path)).toEqual({
      ...severalOutputs.card,
      ...full,
      preprocess: darker,
      input: { ...input, channels: 'BGR' },
    });
  });

  test('takes output, labels and size that are said', async () => {
    const several = written(severalOutputs.make());
    await writeCard(several, { ...severalOutputs.card, ...full });
    await describeModel(several, { preprocess: darker, output: 'aux', labels: 'colours' });
    expect(onDisk(several)).toMatchObject({ title: 'A title', labels: 'colours', output: { name: 'aux', classes: 3 } });

    const free = written(freeSize.make());
    await writeCard(free, freeSize.card);
    await describeModel(free, { preprocess: { ...freeSize.card.preprocess, resize: [24, 40], crop: [24, 40] } });
    expect(onDisk(free).input).toMatchObject({ height: 24, width: 40 });
    expect((await openModel(free)).card.preprocess.crop).toEqual([24, 40]);
  });

  test('and is not valid is not replaced', async () => {
    const path = written(severalOutputs.make());
    writeFileSync(cardPath(path), '{ "name": "net", "licence": "MIT" }');
    await expect(describeModel(path, { preprocess: darker, output: 'aux' })).rejects.toMatchObject({
      code: 'card.invalid',
    });
    expect(onDisk(path)).toEqual({ name: 'net', licence: 'MIT' });
  });
});
