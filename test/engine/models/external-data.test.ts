import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openImages } from '../../../src/main/engine/dataset/image-batches';
import { openDataset } from '../../../src/main/engine/dataset/open-dataset';
import { modelKey } from '../../../src/main/engine/jobs/step-key';
import { evaluateModel } from '../../../src/main/engine/measure/accuracy/evaluate';
import { describeArtifact } from '../../../src/main/engine/measure/file/describe';
import { fileSize } from '../../../src/main/engine/measure/file/file-size';
import { writeCard } from '../../../src/main/engine/models/card';
import { copyModel } from '../../../src/main/engine/models/copy-model';
import { inspectModel } from '../../../src/main/engine/models/inspect-model';
import { openModel, summarizeModel } from '../../../src/main/engine/models/model-folder';
import { modelIdentity } from '../../../src/main/engine/models/model-identity';
import { externalReferences } from '../../../src/main/engine/onnx/external-references';
import { modelFiles } from '../../../src/main/engine/onnx/model-files';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { ort } from '../../../src/main/engine/runtimes/ort';
import { ortWeb } from '../../../src/main/engine/runtimes/ort-web';
import type { Runtime } from '../../../src/main/engine/runtimes/runtime';
import { writeColourPictures } from '../../fixtures/colour-pictures';
import { externalData, writeWithData } from '../../fixtures/networks/external-data';
import { temporaryFolder } from '../store/temporary-folder';

const { card } = externalData;
const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

async function modelWithData(): Promise<{ folder: string; path: string; dataPath: string }> {
  const folder = temporaryFolder();
  const path = join(folder, 'net.onnx');
  const dataPath = writeWithData(path, externalData.make());
  await writeCard(path, card);
  return { folder, path, dataPath };
}

describe('a model with its weights in a file beside it', () => {
  test('is as large as all its files, everywhere', async () => {
    const { path, dataPath } = await modelWithData();
    const bytes = statSync(path).size + statSync(dataPath).size;
    expect(statSync(dataPath).size).toBeGreaterThan(300);
    expect((await openModel(path)).sizeBytes).toBe(bytes);
    expect((await summarizeModel(path)).sizeBytes).toBe(bytes);
    expect(await inspectModel(path)).toMatchObject({ sizeBytes: bytes, files: ['net.onnx', 'net.onnx.data'] });
    const described = await describeArtifact(path);
    expect(described.sizeBytes).toBe(bytes);
    const [net, data] = [await fileSize(path), brotliCompressSync(readFileSync(dataPath))];
    expect(described.sizeCompressedBytes).toBe(net.sizeCompressedBytes);
    expect(described.sizeCompressedBytes).toBeGreaterThan(data.length);
  });

  test('has an identity over all files, by the definition', async () => {
    const { path, dataPath } = await modelWithData();
    const lines = [
      JSON.stringify(['', sha256(readFileSync(path)), statSync(path).size]),
      JSON.stringify(['net.onnx.data', sha256(readFileSync(dataPath)), statSync(dataPath).size]),
    ];
    expect((await modelIdentity(path)).sha256).toBe(sha256(lines.join('\n')));
    const single = join(temporaryFolder(), 'single.onnx');
    writeFileSync(single, encodeModel(externalData.make()));
    expect((await modelIdentity(single)).sha256).toBe(sha256(readFileSync(single)));
  });

  test('is another model when its weights are others: neither a cached key nor a cached answer is taken for it', async () => {
    const { folder, path, dataPath } = await modelWithData();
    const data = await writeColourPictures(join(folder, 'images'), ['red', 'green', 'blue']);
    const cacheFolder = join(folder, 'cache');
    const { eval: set } = await openDataset(
      { path: data, eval: 0, calibration: 0, train: 0, seed: 1 },
      { cacheFolder },
    );
    const images = await openImages(set, card, { cacheFolder });
    const answers = async (runtime: Runtime) => {
      const { topK, labels } = await evaluateModel({
        modelPath: path,
        card,
        images,
        runtime,
        threads: 1,
        progress: () => undefined,
        signal: new AbortController().signal,
      });
      return topK.filter(([best], row) => best === labels[row]).length;
    };
    const before = await openModel(path);
    for (const runtime of [ort, ortWeb]) expect(await answers(runtime), runtime.id).toBe(set.entries.length);
    writeFileSync(dataPath, new Uint8Array(statSync(dataPath).size));
    const after = await openModel(path);
    expect(after.sha256).not.toBe(before.sha256);
    expect(modelKey(after.sha256, after.card)).not.toBe(modelKey(before.sha256, before.card));
    for (const runtime of [ort, ortWeb]) expect(await answers(runtime), runtime.id).toBe(set.entries.length / 3);
  });

  test('a card that knows the weights refuses others', async () => {
    const { path, dataPath } = await modelWithData();
    await writeCard(path, { ...card, sha256: (await modelIdentity(path)).sha256 });
    await openModel(path);
    writeFileSync(dataPath, new Uint8Array(statSync(dataPath).size));
    await expect(openModel(path)).rejects.toThrow(/the sha256 of the model \(over all its files\) is/);
  });

  test('is copied with its data, which replaces no file of another model', async () => {
    const { path } = await modelWithData();
    const target = temporaryFolder();
    await copyModel(path, join(target, 'copy.onnx'));
    expect((await modelIdentity(join(target, 'copy.onnx'))).sha256).toBe((await modelIdentity(path)).sha256);
    // Again, over itself.
    await copyModel(path, join(target, 'copy.onnx'));
    const taken = temporaryFolder();
    writeFileSync(join(taken, 'net.onnx.data'), 'weights of another');
    await expect(copyModel(path, join(taken, 'copy.onnx'))).rejects.toThrow(/net\.onnx\.data .*another file has it/);
    expect(readFileSync(join(taken, 'net.onnx.data'), 'utf8')).toBe('weights of another');
  });

  test('data outside its folder counts for nothing and is refused', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'models'));
    const path = join(folder, 'models', 'net.onnx');
    writeWithData(path, externalData.make(), '../secret.bin');
    await expect(modelIdentity(path)).rejects.toMatchObject({ code: 'model.external-data-outside' });
    // Through a link that lies inside.
    writeWithData(path, externalData.make(), 'link.bin');
    rmSync(join(folder, 'models', 'link.bin'));
    symlinkSync(join(folder, 'secret.bin'), join(folder, 'models', 'link.bin'));
    await expect(modelIdentity(path)).rejects.toMatchObject({ code: 'model.external-data-outside' });
    rmSync(join(folder, 'models', 'link.bin'));
    await expect(modelIdentity(path)).rejects.toMatchObject({ code: 'model.external-data-missing' });
    expect(() => modelFiles(join(folder, 'none.onnx'))).toThrow(/No model/);
  });
});

describe('externalReferences', () => {
  test('finds the first tensor of each file, and nothing in what is no model', async () => {
    const { path, folder } = await modelWithData();
    expect(externalReferences(path)).toEqual([{ tensor: 'conv.weight', location: 'net.onnx.data' }]);
    for (const content of ['', 'not a model', '\x08\x08\x3a\xff\xff\xff\xff\x0f']) {
      const other = join(folder, 'other.bin');
      writeFileSync(other, content, 'latin1');
      expect(externalReferences(other)).toEqual([]);
    }
    const single = join(folder, 'single.onnx');
    writeFileSync(single, encodeModel(externalData.make()));
    expect(externalReferences(single)).toEqual([]);
  });
});
