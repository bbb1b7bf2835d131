import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
} from 'onnx-buf';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openDataset } from '../../../src/main/engine/dataset/open-dataset';
import { createRandom } from '../../../src/main/engine/compression/algebra/random';
import type { CalibrationImages } from '../../../src/main/engine/compression/calibration/technique-context';
import { openImages } from '../../../src/main/engine/dataset/image-batches';
import type { JobReporter } from '../../../src/main/engine/jobs/job';
import { accuracyMetrics } from '../../../src/main/engine/measure/accuracy/accuracy';
import { evaluateModel } from '../../../src/main/engine/measure/accuracy/evaluate';
import { describeArtifact } from '../../../src/main/engine/measure/file/describe';
import { TimedModel } from '../../../src/main/engine/measure/latency/timed-model';
import { compressedCard } from '../../../src/main/engine/models/artifact-card';
import { writeCard } from '../../../src/main/engine/models/card';
import { inspectModel } from '../../../src/main/engine/models/inspect-model';
import { modelIdentity } from '../../../src/main/engine/models/model-identity';
import { openModel, type Model } from '../../../src/main/engine/models/model-folder';
import { loadClassifier } from '../../../src/main/engine/onnx/classifier-network';
import { encodeModel, saveModel } from '../../../src/main/engine/onnx/save';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { ort } from '../../../src/main/engine/runtimes/ort';
import { makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { makeGraph, noiseTensor } from '../../fixtures/graphs';
import { writeColourPictures, type colours } from '../../fixtures/colour-pictures';
import { writeWithData } from '../../fixtures/networks/external-data';
import { noCheckpoints } from '../../../src/main/engine/jobs/checkpoint';
import { inputsAndOutputs } from '../../fixtures/networks/inputs-and-outputs';
import { imagesOfCalibration, uncached } from '../techniques/small-networks';

const classesOf: Record<string, (keyof typeof colours)[]> = {
  'gray-image': ['dark', 'bright'],
  'single-score': ['green', 'red'],
};
const quiet: JobReporter = {
  progress: () => undefined,
  note: () => undefined,
  log: () => undefined,
  signal: new AbortController().signal,
  checkpoint: noCheckpoints,
};

describe.each(inputsAndOutputs)('$name', ({ name, make, card }) => {
  let model: Model;
  let folder: string;
  let data: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'whittle-any-'));
    data = await writeColourPictures(join(folder, 'images'), classesOf[name] ?? ['red', 'green', 'blue']);
    const path = join(folder, `${name}.onnx`);
    if (name === 'external-data') writeWithData(path, make());
    else writeFileSync(path, encodeModel(make()));
    await writeCard(path, card);
    model = await openModel(path);
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const cacheFolder = (): string => join(folder, 'cache');
  const dataset = () =>
    openDataset({ path: data, eval: 0, calibration: 4, train: 0, seed: 1 }, { cacheFolder: cacheFolder() });

  async function top1(modelPath: string): Promise<number | undefined> {
    const images = await openImages((await dataset()).eval, model.card, { cacheFolder: cacheFolder() });
    return accuracyMetrics(
      await evaluateModel({ modelPath, card: model.card, images, runtime: ort, threads: 1, ...quiet }),
    ).top1;
  }

  test('every picture is told right, and it is timed', async () => {
    expect(await top1(model.path)).toBe(100);
    const timed = await TimedModel.open(model.path, { card: model.card, runtime: ort, threads: 1, seed: 1 });
    expect(await timed.time()).toBeGreaterThan(0);
    await timed.close();
    expect((await inspectModel(model.path)).classifier).toMatchObject({ classes: model.card.output.classes });
  });

  test.each(['quantize.static', 'fp16', 'quantize.weights'])('%s', async (technique) => {
    const calibration = (await openImages((await dataset()).calibration, model.card, {
      cacheFolder: cacheFolder(),
    })) as unknown as CalibrationImages;
    const network = await loadClassifier(model.path, model.card);
    const small = await applyStep(
      network,
      technique,
      {},
      {
        card: model.card,
        calibration,
        images: imagesOfCalibration(calibration),
        cached: uncached,
        reference: () => Promise.resolve(network),
        seed: 1,
        threads: 1,
        rng: createRandom(1),
        ...quiet,
      },
    );
    const outputPath = join(folder, 'small', `${technique}.onnx`);
    mkdirSync(join(folder, 'small'), { recursive: true });
    await saveModel(small, outputPath);
    expect(await top1(outputPath)).toBe(100);
    // What ships is a model with a card of its own.
    const identity = await modelIdentity(outputPath);
    await writeCard(outputPath, await compressedCard(model.card, { path: outputPath, ...identity }, technique));
    expect(await openModel(outputPath)).toMatchObject({ sizeBytes: identity.sizeBytes });
    expect((await describeArtifact(outputPath)).sizeBytes).toBe(identity.sizeBytes);
  });
});

test('inspect reads what is no classifier: it says so and lists what there is', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'whittle-any-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'detector.onnx');
  const detector = makeGraph({
    inputs: [makeValue('tokens', 'int64', ['batch', 'length']), makeValue('mask', 'bool', ['batch', 'length'])],
    outputs: [makeValue('boxes', 'float32', [])],
    nodes: [makeNode('Gather', ['table', 'tokens'], ['boxes'])],
    initializers: { table: noiseTensor([10, 4]) },
  });
  const model = fromBinary(ModelProtoSchema, encodeModel(detector));
  const branch = create(GraphProtoSchema, { name: 'then' });
  const attribute = create(AttributeProtoSchema, {
    name: 'then_branch',
    type: AttributeProto_AttributeType.GRAPH,
    g: branch,
  });
  model.graph!.node.push(
    create(NodeProtoSchema, { opType: 'If', input: ['mask'], output: ['chosen'], attribute: [attribute] }),
  );
  writeFileSync(path, toBinary(ModelProtoSchema, model));
  const found = await inspectModel(path);
  expect('problem' in found.classifier && found.classifier.problem).toMatch(
    /does not look like .* \(it has 2 inputs\)/,
  );
  expect(found.inputs.map(({ name, type }) => [name, type])).toEqual([
    ['tokens', 'int64'],
    ['mask', 'bool'],
  ]);
  expect(found.outputs).toMatchObject([{ name: 'boxes', shape: ['batch', 'length', 4] }]);
  expect(found).toMatchObject({ operators: { Gather: 1, If: 1 }, params: 40 });
});
