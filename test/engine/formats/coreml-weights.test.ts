import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { convertNetwork } from '../../../src/main/engine/formats/coreml/convert/convert';
import type { StoredForm } from '../../../src/main/engine/formats/coreml/convert/weights';
import { compressed } from '../../fixtures/compressed-network';
import {
  checkPackages,
  hasCoremltools,
  needsCoremltools,
  weightHashes,
  writeForCheck,
} from '../../fixtures/coremltools';
import { noiseTensor } from '../../fixtures/graphs';
import { resNet18 } from '../../fixtures/networks/resnet';
import { runGraph } from '../../fixtures/run-graph';

type Kind = StoredForm['kind'];
/** The form that a recipe leads to; layers with few weights may have others. */
const recipes: readonly { recipe: string; kind: Kind; tolerance?: number }[] = [
  { recipe: 'fp16', kind: 'dense', tolerance: 2e-3 },
  { recipe: 'prune.magnitude{amount:0.9}', kind: 'sparse' },
  { recipe: 'cluster.weights{clusters:16, rounding:nearest}', kind: 'table' },
  { recipe: 'quantize.weights{bits:8, rounding:nearest}', kind: 'steps' },
  { recipe: 'quantize.weights{bits:4, rounding:nearest}', kind: 'steps' },
  { recipe: 'quantize.weights{bits:4, rounding:nearest, scheme:linear}', kind: 'steps' },
  { recipe: 'quantize.weights{bits:3, rounding:nearest, granularity:tensor, scheme:kmeans}', kind: 'table' },
  { recipe: 'quantize.weights{bits:2, rounding:nearest}', kind: 'table' },
  { recipe: 'quantize.weights{bits:1, rounding:nearest}', kind: 'table' },
  { recipe: 'binarize.weights', kind: 'table' },
  {
    recipe:
      'prune.magnitude{amount:0.7} | quantize.weights{bits:4, rounding:nearest, granularity:tensor, scheme:kmeans}',
    kind: 'sparse-table',
  },
  { recipe: 'prune.magnitude{amount:0.7} | quantize.static', kind: 'sparse-steps', tolerance: 0.05 },
  { recipe: 'quantize.static', kind: 'steps', tolerance: 0.05 },
  { recipe: 'quantize.dynamic{scope:all}', kind: 'steps', tolerance: 0.05 },
];

const precisions = ['FLOAT16', 'FLOAT32'] as const;

describe('weights of a compressed network', () => {
  it.each(recipes)('after $recipe are $kind', async ({ recipe, kind }) => {
    const options = { precision: 'FLOAT16', input: 'image', output: 'scores' } as const;
    const { weights } = await convertNetwork(await compressed(recipe), resNet18.card, options);
    expect(weights).toHaveLength(7);
    expect(weights.map(({ form }) => form.kind)).toContain(kind);
  });

  it(
    `are what coremltools decodes, bit for bit, and answer as in ONNX Runtime${needsCoremltools}`,
    { timeout: 600_000, skip: !hasCoremltools },
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'whittle-coreml-'));
      const image = noiseTensor([1, 3, 32, 32], 5);
      try {
        const expected = new Map<
          string,
          { weights: Record<string, string>; scores: Float32Array; tolerance: number }
        >();
        for (const [at, { recipe, tolerance = 1e-4 }] of recipes.entries()) {
          const graph = await compressed(recipe);
          const answers = await runGraph(graph, { [graph.inputs[0]!.name]: image });
          for (const precision of precisions) {
            const model = await convertNetwork(graph, resNet18.card, { precision, input: 'tensor', output: 'scores' });
            const name = `${at} ${precision}`;
            await writeForCheck(folder, name, model, resNet18.card, image.data as Float32Array);
            expected.set(name, {
              weights: weightHashes(model),
              scores: answers[graph.outputs[0]!.name]!.data as Float32Array,
              tolerance: precision === 'FLOAT16' ? Math.max(2 * tolerance, 0.02) : tolerance,
            });
          }
        }
        const verdicts = checkPackages(folder);
        for (const [name, { weights, scores, tolerance }] of expected) {
          const found = verdicts[name]!;
          const label = `${recipes[Number.parseInt(name)]!.recipe} ${name}`;
          expect(found.problem, label).toBeUndefined();
          expect(found.weights, label).toEqual(weights);
          const differences = found.scores!.map((value, index) => Math.abs(value - scores[index]!));
          expect(Math.max(...differences), label).toBeLessThan(tolerance);
        }
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );
});
