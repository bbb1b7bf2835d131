import { AppError } from '@shared/errors';
import { z } from 'zod';
import { FreshNames } from '../math/fresh-names';
import { zeroSmallest } from '../math/magnitude-selection';
import { plainGraph } from '../math/plain-graph';
import { sparseInitializer } from '../math/sparse-decode';
import { weightLayers } from '../math/weight-layers';
import { countParams, parameterMetadata } from '../onnx/count';
import { float32Tensor } from '../onnx/make';
import { defineTechnique } from './technique';

const id = 'prune.magnitude';
const storedReason = 'integer weights are stored already; prune first, then quantize';

export const pruneMagnitude = defineTechnique({
  id,
  title: 'Magnitude pruning',
  summary:
    'Sets the weights of smallest magnitude to zero and stores the rest sparsely: a smaller file, the same speed.',
  family: 'pruning',
  needs: [],
  version: 1,
  params: z.strictObject({
    amount: z.number().min(0).max(0.99).default(0.5).describe('Fraction of the weights that become zero'),
    scope: z
      .enum(['global', 'local'])
      .default('global')
      .describe('Compare weights across the whole network, or within each layer'),
    criterion: z.enum(['l1']).default('l1').describe('What a weight is ranked by: l1 is its magnitude'),
  }),
  notAfter: {
    fp16: 'pruning stores the weights anew; put fp16 last',
    'quantize.static': storedReason,
    'quantize.dynamic': storedReason,
  },
  async apply(graph, { amount, scope }, context) {
    const pruned = await plainGraph(graph, id, context.card.name);
    // A Map, because layers may share weights: those are pruned once.
    const weights = new Map(weightLayers(pruned).map(({ weightName, weight }) => [weightName, weight]));
    if (weights.size === 0) {
      throw new AppError('technique.not-applicable', {
        id,
        model: context.card.name,
        detail: 'it has no convolution or matrix product with constant weights',
      });
    }
    const entries = [...weights];
    const data = entries.map(([, weight]) => weight.data as Float32Array);
    const share = (tensors: Float32Array[]): number =>
      Math.round(amount * tensors.reduce((sum, tensor) => sum + tensor.length, 0));
    const zeroed =
      scope === 'global'
        ? zeroSmallest(data, share(data))
        : data.flatMap((tensor) => zeroSmallest([tensor], share([tensor])));

    entries.forEach(([name, weight], index) =>
      pruned.initializers.set(name, float32Tensor(weight.shape, zeroed[index]!)),
    );
    // Counted afresh, from the weights: what the metadata says is from before.
    const { nonZeroParams } = countParams({ ...pruned, metadata: {} });
    const names = new FreshNames(pruned);
    let sparse = 0;
    for (const [name] of entries) if (sparseInitializer(pruned, name, pruned.initializers.get(name)!, names)) sparse++;
    if (sparse > 0)
      context.note('Pruned weights are stored sparsely and decoded when the model loads: smaller file, no speed-up.');
    pruned.metadata[parameterMetadata.nonZeroParams] = String(nonZeroParams);
    return pruned;
  },
});
