import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { datasetSpecSchema } from '@shared/dataset';
import { caseStudyText } from '../../../src/cli/case-study-text';
import { openDataset } from '../../../src/main/engine/dataset/open-dataset';
import {
  caseStudySources,
  zooModel,
  zooModels,
  type CaseStudySources,
  type ZooModel,
} from '../../../src/main/engine/fetch/catalogue';
import { getCaseStudy } from '../../../src/main/engine/fetch/get-case-study';
import { readCard } from '../../../src/main/engine/models/card';
import { openModel } from '../../../src/main/engine/models/model-folder';
import { attr, makeNode, makeValue } from '../../../src/main/engine/onnx/make';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { readSweep } from '../../../src/main/engine/sweep/read-sweep';
import { makeGraph, noiseTensor } from '../../fixtures/graphs';
import { archiveOf } from './archives';
import { dropsAfter, honest, serveFile, sha256Of, type Answer } from './file-server';
import { temporaryFolder } from './temporary-folder';

describe('the catalogue', () => {
  it.each(zooModels.map((model) => [model.name, model] as const))('%s is stated whole', (name, model) => {
    expect(model.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(model.bytes).toBeGreaterThan(1e6);
    expect(model.licence).not.toBe('');
    for (const url of model.urls) {
      expect(new URL(url).protocol).toBe('https:');
      expect(new URL(url).pathname.endsWith(`/${name}.onnx`)).toBe(true);
    }
  });

  it('has the networks of the case study by their names there', () => {
    expect(Object.keys(caseStudySources.models)).toEqual(['mobilenetv2', 'resnet50', 'squeezenet1.1']);
    expect(caseStudySources.images.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('names the nearest where a name is not there', () => {
    expect(() => zooModel('resnet50-v1-11')).toThrow(/did you mean "resnet50-v1-12"/);
    expect(() => zooModel('case-studie')).toThrow(/did you mean "case-study"/);
  });
});

/** A network as large as the zoo's images, and as small as can be. */
const network = (seed: number): Buffer =>
  Buffer.from(
    encodeModel(
      makeGraph({
        inputs: [makeValue('data', 'float32', ['N', 3, 224, 224])],
        outputs: [makeValue('scores', 'float32', ['N', 1000])],
        nodes: [
          makeNode('GlobalAveragePool', ['data'], ['pooled']),
          makeNode('Flatten', ['pooled'], ['flat']),
          makeNode('Gemm', ['flat', 'weight'], ['scores'], { transB: attr.int(1) }),
        ],
        initializers: { weight: noiseTensor([1000, 3], seed) },
      }),
    ),
  );
const images = archiveOf([
  { path: 'imagenette2-320/', type: 'Directory' },
  { path: 'imagenette2-320/noisy_imagenette.csv', content: 'x' },
  ...['n01440764', 'n03888257'].flatMap((synset) => [
    { path: `imagenette2-320/train/${synset}/a.JPEG`, content: `train ${synset}` },
    { path: `imagenette2-320/val/${synset}/b.JPEG`, content: `val ${synset}` },
  ]),
]);

async function sources(...script: Answer[]): Promise<{ sources: CaseStudySources; requests: () => number }> {
  const servers: { ranges: unknown[] }[] = [];
  const served = async <T extends { name: string }>(content: Buffer, facts: T) => {
    const server = await serveFile(content, ...script);
    servers.push(server);
    return {
      ...facts,
      title: facts.name,
      licence: 'none',
      urls: [server.url],
      bytes: content.length,
      sha256: sha256Of(content),
    };
  };
  const models: Record<string, ZooModel> = {};
  for (const [at, name] of ['mobilenetv2', 'squeezenet1.1'].entries())
    models[name] = await served(network(at), { name: `${name}-7`, stated: { top1: 56.34, top5: 79.12 } });
  const limits = { entries: 100, bytes: 1e6 };
  const archive = await served(images, { name: 'imagenette2-320', root: 'imagenette2-320', files: 5, limits });
  return {
    sources: { models, images: archive },
    requests: () => servers.reduce((sum, { ranges }) => sum + ranges.length, 0),
  };
}

describe('getCaseStudy', () => {
  it('leaves a folder that a sweep can be run in, and fetches nothing twice', async () => {
    const folder = temporaryFolder();
    const { sources: from, requests } = await sources(dropsAfter(100), honest);
    const seen = new Set<string>();
    const options = {
      sweepText: caseStudyText,
      retryMs: 1,
      progress: (name: string) => void seen.add(name),
    };
    const path = await getCaseStudy(from, folder, options);
    expect(requests()).toBe(6);
    expect([...seen]).toEqual(['mobilenetv2', 'squeezenet1.1', 'imagenette2-320']);
    expect(readdirSync(folder).sort()).toEqual(['case-study.yaml', 'imagenette2-320', 'models']);

    const sweep = await readSweep(path);
    expect(sweep.models).toEqual(
      ['mobilenetv2', 'squeezenet1.1'].map((name) => join(folder, 'models', `${name}.onnx`)),
    );
    expect(Object.keys(sweep.recipes)).toContain('pruned 50 % + int8');
    const model = await openModel(sweep.models[0]!);
    expect(model).toMatchObject({ name: 'mobilenetv2', sha256: from.models.mobilenetv2!.sha256 });
    expect(await readCard(sweep.models[1]!)).toMatchObject({
      labels: 'imagenet-1k',
      licence: 'none',
      reference: { top1: 56.34 },
      preprocess: { resize: 256, crop: 224, mean: [123.675, 116.28, 103.53] },
    });

    const spec = datasetSpecSchema.parse({ ...sweep.dataset, eval: 0, calibration: 2 });
    const dataset = await openDataset(spec, { cacheFolder: temporaryFolder() });
    expect(dataset).toMatchObject({ name: 'imagenette2-320', labels: 'imagenet-1k', classes: 1000, problems: [] });
    expect(dataset.eval.entries.map(({ label }) => label).sort()).toEqual([0, 701]);
    expect(dataset.calibration.entries.every(({ path: file }) => file.includes('train'))).toBe(true);

    await getCaseStudy(from, folder, options);
    expect(requests()).toBe(6);
    expect(readFileSync(path, 'utf8')).toMatch(/^# Three ImageNet models.*\n# Most of these images/);
  });
});
