import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseRecipe } from '@shared/recipe-syntax';
import { convertNetwork } from '../../../src/main/engine/formats/coreml/convert/convert';
import type { StoredForm } from '../../../src/main/engine/formats/coreml/convert/weights';
import { coremlFormat } from '../../../src/main/engine/formats/coreml/format';
import type { Graph } from '../../../src/main/engine/onnx/graph';
import { saveModel } from '../../../src/main/engine/onnx/save';
import { applyStep } from '../../../src/main/engine/techniques/apply-step';
import {
  checkPackages,
  hasCoremltools,
  needsCoremltools,
  weightHashes,
  writeForCheck,
} from '../../fixtures/coremltools';
import { contextFor, images, runGraph, side } from '../techniques/small-networks';
import { wholeCard, wholeNetwork } from '../techniques/whole-network';

const network = wholeNetwork();
const card = wholeCard(network);

async function after(recipe: string): Promise<Graph> {
  let graph = network;
  const context = { ...contextFor(card, images(96)), reference: () => Promise.resolve(network) };
  for (const { technique, params } of parseRecipe(recipe)) graph = await applyStep(graph, technique, params, context);
  return graph;
}

/** What trains or rewrites a network, with the form in which its weights are stored. Codes at a border may fall to either side. */
const converted: readonly { recipe: string; kind: StoredForm['kind']; tolerance?: number }[] = [
  { recipe: 'quantize.aware{iterations:2, batch:8}', kind: 'steps', tolerance: 0.2 },
  { recipe: 'reconstruct{bits:4, endBits:8, iterations:4}', kind: 'steps' },
  { recipe: 'reconstruct{bits:4, activations:8, iterations:4, batch:8}', kind: 'steps', tolerance: 0.2 },
  { recipe: 'cluster.train{clusters:8, epochs:1}', kind: 'table' },
  { recipe: 'binarize.train{epochs:1}', kind: 'table' },
  { recipe: 'prune.gradual{epochs:2}', kind: 'sparse' },
  { recipe: 'prune.channels{macs:0.8, roundTo:4}', kind: 'dense' },
  { recipe: 'factorize{macs:0.8, roundTo:4}', kind: 'dense' },
  { recipe: 'shrink.input', kind: 'dense' },
];

describe('networks that were trained, or are other ones', { timeout: 300_000 }, () => {
  let folder: string;
  const expected = new Map<string, { scores: Float32Array; weights: Record<string, string>; tolerance: number }>();
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'whittle-coreml-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(converted)('convert after $recipe', async ({ recipe, kind, tolerance = 1e-3 }) => {
    const graph = await after(recipe);
    const model = await convertNetwork(graph, card, { precision: 'FLOAT32', input: 'tensor', output: 'scores' });
    expect(model.weights.map(({ form }) => form.kind)).toContain(kind);
    const name = recipe.replaceAll(/\W+/g, '-');
    const image = images(1, 5);
    await writeForCheck(folder, name, model, card, image);
    const weights = weightHashes(model);
    expected.set(name, { scores: await runGraph(graph, image, [3, side, side]), weights, tolerance });
  });

  it(`answer in coremltools as in ONNX Runtime${needsCoremltools}`, { skip: !hasCoremltools }, () => {
    const verdicts = checkPackages(folder);
    for (const [name, { scores, weights, tolerance }] of expected) {
      const { problem, scores: found = [], weights: decoded } = verdicts[name]!;
      expect(problem, name).toBeUndefined();
      expect(decoded, name).toEqual(weights);
      const difference = Math.max(...found.map((value, at) => Math.abs(value - scores[at]!)));
      expect(difference / Math.max(...scores.map(Math.abs)), name).toBeLessThan(tolerance);
    }
  });

  it.each([
    [
      'exit.early{views:2, epochs:10, first:0.3, second:0.7, maxDrop:10}',
      /branching\.onnx: node "[^"]+" uses If \(a subgraph\), which Whittle does not handle\./,
    ],
    [
      'gate.channels{speedUp:0, maxDrop:100}',
      /branching\.onnx cannot become a \.mlpackage file: it has no counterpart of TopK, .+\. Deploy it as ONNX/,
    ],
  ])('are refused in one sentence after %s', async (recipe, sentence) => {
    const path = join(folder, 'branching.onnx');
    await saveModel(await after(recipe), path);
    await expect(coremlFormat.convert(path, join(folder, 'none'), card, {})).rejects.toThrow(sentence);
  });
});
