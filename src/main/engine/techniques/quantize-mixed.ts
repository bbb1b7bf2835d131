import { AppError } from '@shared/errors';
import { formatRecipe } from '@shared/recipe-syntax';
import { z } from 'zod';
import { AgreementJudge } from '../compression/calibration/agreement-judge';
import { BitAllocator, type Allocation } from '../compression/sensitivity/bit-allocation';
import { codeLayers } from '../compression/quantization/coded-layers';
import { nodesNamed } from '../compression/layers/layer-choice';
import {
  dropPerRootLoss,
  writeWithin,
  writeWithinDrop,
  type BudgetSearch,
  type Written,
} from '../compression/sensitivity/mixed-budget';
import { networkKey } from '../compression/calibration/network-key';
import { plainGraph } from '../compression/layers/plain-graph';
import { measureRoundingLosses } from '../compression/sensitivity/rounding-losses';
import { StoredBytes } from '../compression/quantization/stored-bytes';
import { formsOf, gridOfForm, mostBits, weightSchemes, type WeightForm } from '../compression/storage/weight-forms';
import { weightLayers, type WeightLayer } from '../compression/layers/weight-layers';
import { simplify } from '../onnx/simplify';
import { layersKept } from './layer-params';
import { defineTechnique } from './technique';

const id = 'quantize.mixed';
/** Part of the cache key: raise it when the same network would be measured differently. */
const lossVersion = 1;
/** Calibration images for second-order rounding. */
const roundingImages = 128;
const defaultAverageBits = 4;
/** Percent of the images: every class may differ. */
const noLimit = 100;

/** "3 bit: 12 layers (10 kmeans, 2 linear), 4 bit: 30 layers; first layer 8 bit, last layer 4 bit". */
function histogram(forms: readonly WeightForm[]): string {
  const byBits = new Map<number, WeightForm[]>();
  for (const form of forms) byBits.set(form.bits, [...(byBits.get(form.bits) ?? []), form]);
  const parts = [...byBits]
    .sort(([a], [b]) => a - b)
    .map(([bits, those]) => {
      const schemes = weightSchemes.flatMap((scheme) => {
        const count = those.filter((form) => form.scheme === scheme).length;
        return count > 0 ? [`${count} ${scheme}`] : [];
      });
      return `${bits} bit: ${those.length} ${those.length === 1 ? 'layer' : 'layers'} (${schemes.join(', ')})`;
    });
  return `${parts.join(', ')}; first layer ${forms[0]!.bits} bit, last layer ${forms.at(-1)!.bits} bit`;
}

const integer = (value: number): string => Math.round(value).toLocaleString('en-US');
const points = (value: number): string => `${value.toFixed(1)} points`;

export const quantizeMixed = defineTechnique({
  id,
  title: 'Mixed-precision weights',
  summary:
    'Few-bit weights with bits chosen for each layer: the least expected harm in a file of a given size, or the smallest file that keeps the answers. What each layer can bear is measured on calibration images.',
  family: 'quantization',
  needs: ['calibration'],
  version: 5,
  search: { place: 'rounding', params: { averageBits: { ordered: [3.5, 4, 4.3, 5, 6] } } },
  params: z
    .strictObject({
      maxBytes: z
        .number()
        .int()
        .min(0)
        .max(2 ** 31)
        .default(0)
        .describe('Size budget: largest size of the whole file in bytes; 0 for none'),
      averageBits: z
        .number()
        .min(0)
        .max(16)
        .default(0)
        .describe(
          `Size budget: average bits stored per weight, scales, tables and decoding included; 0 for none. Without any budget it is ${defaultAverageBits}`,
        ),
      maxDrop: z
        .number()
        .min(0)
        .max(noLimit)
        .default(noLimit)
        .describe(
          `Top-1 budget: the class may differ from the float network on at most this percentage of the calibration images; ${noLimit} for none`,
        ),
      scheme: z
        .enum(['auto', ...weightSchemes])
        .default('auto')
        .describe(
          'Which values the weights of an output channel may take: evenly spaced around zero, evenly spaced over their range, the centres of clusters, or whichever suits the layer',
        ),
      exclude: z
        .array(z.string())
        .default([])
        .describe('Layers that keep their weights, by name; * stands for any characters'),
    })
    .refine(
      ({ maxBytes, averageBits, maxDrop }) =>
        [maxBytes > 0, averageBits > 0, maxDrop < noLimit].filter(Boolean).length <= 1,
      'give one budget only: maxBytes, averageBits or maxDrop',
    ),
  handling: ({ exclude }) => ({
    takes: { weights: ['float', 'sparse'], activations: ['float'] },
    leaves: { weights: 'codes', keeps: layersKept({ exclude }) },
  }),
  async apply(graph, params, context) {
    const plain = simplify(await plainGraph(graph, id, context.card.name));
    const kept = nodesNamed(plain, params.exclude, id, 'exclude');
    const byWeight = new Map<string, WeightLayer>();
    for (const layer of weightLayers(plain))
      if (!kept.has(layer.node) && !byWeight.has(layer.weightName)) byWeight.set(layer.weightName, layer);
    const layers = [...byWeight.values()];
    if (layers.length === 0) {
      const detail = 'it has no convolution or matrix product with constant weights outside the excluded ones';
      throw new AppError('technique.not-applicable', { id, model: context.card.name, detail });
    }
    const forms = formsOf(params.scheme === 'auto' ? weightSchemes : [params.scheme]);
    const names = layers.map(({ weightName }) => weightName);
    const losses = await context.cached(['rounding-losses', lossVersion, networkKey(plain), names, forms], () =>
      measureRoundingLosses(plain, layers, forms, { id, images: roundingImages, context }),
    );

    const bytes = new StoredBytes(graph, plain, layers, formatRecipe([{ technique: id, params }]));
    const allocator = new BitAllocator(layers, forms, losses, bytes);
    const largest = allocator.uniform(forms.find(({ bits }) => bits === mostBits)!);
    const write = (allocation: Allocation) => {
      const formOf = new Map(names.map((name, at) => [name, allocation.forms[at]!]));
      return codeLayers(
        plain,
        layers,
        (rows, importance, { weightName }) => gridOfForm(rows, formOf.get(weightName)!, importance),
        { rounding: 'second-order', id, context },
      );
    };
    const search: BudgetSearch = { id, model: context.card.name, allocator, bytes, largest, write };
    const rate = dropPerRootLoss(losses);
    const weights = layers.reduce((sum, { weight }) => sum + weight.data.length, 0);

    let result: Written;
    if (params.maxDrop < noLimit) {
      const judge = new AgreementJudge(context, id);
      await judge.begin(plain);
      const found = await writeWithinDrop(search, params.maxDrop, rate, judge);
      result = found;
      context.note(
        `maxDrop ${params.maxDrop}: the class differs from the float network's on ${found.drop.toFixed(1)} % of ${judge.images} calibration images.`,
      );
    } else {
      const averageBits = params.averageBits || defaultAverageBits;
      const budget = params.maxBytes || Math.floor(bytes.besidesWeights + (averageBits * weights) / 8);
      result = await writeWithin(search, budget);
      if (largest.bytes <= budget)
        context.note(
          `The budget of ${integer(budget)} bytes is more than needed: every layer has ${mostBits} bits, the most this technique gives.`,
        );
    }
    context.note(`Bits chosen: ${histogram(result.forms)}.`);
    const stored = (8 * (result.reachedBytes - bytes.besidesWeights)) / weights;
    context.note(
      `${integer(result.reachedBytes)} bytes (${integer(result.bytes)} predicted), ${stored.toFixed(2)} bits a weight with scales and tables; expected drop in agreement with the float network about ${points(rate * Math.sqrt(result.loss))}.`,
    );
    context.note('Few-bit weights are decoded when the model loads: smaller file, no speed-up.');
    return result.graph;
  },
});
