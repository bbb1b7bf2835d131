import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { datasetSpecSchema } from '@shared/dataset';
import { modelCardSchema, type ModelCard } from '@shared/model-card';
import { OutputComparison } from '../../../src/main/engine/compression/calibration/output-comparison';
import { openDataset } from '../../../src/main/engine/dataset/open-dataset';
import { openImages } from '../../../src/main/engine/dataset/image-batches';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { loadModel } from '../../../src/main/engine/onnx/load';
import { simplify } from '../../../src/main/engine/onnx/simplify';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import { contextFor, runGraph } from './small-networks';

const starter = resolve(import.meta.dirname, '../../../resources/starter');
/** Images that no refit sees. */
const heldOut = 64;
const most = 256;

const cacheFolder = mkdtempSync(join(tmpdir(), 'whittle-test-'));
afterAll(() => rmSync(cacheFolder, { recursive: true, force: true }));

/** Trained networks of the starter pack on its own pictures: random weights have no answers that could be ruined. */
describe.each([
  { name: 'squeezenet-starter', counts: [8, 32, most] },
  { name: 'mobilenetv2-starter', counts: [8, 16, 64] },
])('$name', ({ name, counts }) => {
  let [graph, card, pixels, held]: [Graph, ModelCard, Float32Array, Float32Array] = [] as never;
  let shape: number[];
  let size: number;
  let without: number;
  beforeAll(async () => {
    card = modelCardSchema.parse(JSON.parse(readFileSync(join(starter, 'models', `${name}.card.json`), 'utf8')));
    graph = simplify(await loadModel(join(starter, 'models', `${name}.onnx`)));
    const spec = datasetSpecSchema.parse({ path: join(starter, 'dataset'), eval: heldOut + most, calibration: 0 });
    const dataset = await openDataset(spec, { cacheFolder });
    const read = async (set: Parameters<typeof openImages>[0]): Promise<Float32Array> => {
      const parts: Float32Array[] = [];
      for await (const batch of (await openImages(set, card, { cacheFolder })).batches(1)) {
        shape = batch.shape.slice(1);
        parts.push(Float32Array.from(batch.data));
      }
      size = parts[0]!.length;
      const all = new Float32Array(parts.length * size);
      parts.forEach((part, at) => all.set(part, at * size));
      return all;
    };
    // The starter pack has 200 calibration images; its evaluation images serve for both here.
    const all = await read(dataset.eval);
    [held, pixels] = [all.slice(0, heldOut * size), all.slice(heldOut * size)];
    without = await divergence(1, false);
  });

  /** Divergence (nats) of the answers to images held out, after pruning with this many others. */
  async function divergence(count: number, refit: boolean): Promise<number> {
    // Ranked by weights alone, so that the same channels go whatever the images: what differs is the refit.
    const params = { macs: 0.75, importance: 'l2', allocation: 'uniform', roundTo: 2, refit };
    const context = contextFor(card, pixels.slice(0, count * size), shape);
    const pruned = await applyStep(graph, 'prune.channels', params, context);
    const comparison = new OutputComparison();
    comparison.add(await runGraph(graph, held, shape), await runGraph(pruned, held, shape), heldOut);
    return comparison.result().divergence;
  }

  test.each(counts)('a refit with %i images is no worse than none', async (count) => {
    const refitted = await divergence(count, true);
    expect(refitted).toBeLessThan(1.05 * without);
    // With more of them it is worth much.
    if (count >= 64) expect(refitted).toBeLessThan(0.5 * without);
  });
});
