import { z } from 'zod';
import type { TechniqueContext } from '../compression/calibration/technique-context';
import { nodesNamed } from '../compression/layers/layer-choice';
import { plainGraph } from '../compression/layers/plain-graph';
import { uncodedLayers } from '../compression/layers/uncoded-layers';
import { keepStorage } from '../compression/storage/keep-storage';
import { readCodes } from '../compression/storage/read-codes';
import { shortenValueNames } from '../onnx/fresh-names';
import type { Graph } from '../onnx/graph';
import { simplify } from '../onnx/simplify';
import { codedForm, type TrainedCodes } from '../training/coded-form';
import { weightsBehindCodes } from '../training/code-starts';
import { plainForm } from '../training/trained-form';
import { clusterWeights } from './cluster-weights';
import { trainsWeights } from './handling';
import { defineTechnique } from './technique';
import { trainNetwork } from './train-network';
import { trainingParams } from './training-params';

const id = 'cluster.train';

interface Clusters {
  clusters: number;
  per: 'layer' | 'channel';
  layers: string[];
}

/** The network with the chosen layers in clusters, and the plain network that this was made of; layers in few bits stay as they are. */
async function clustered(
  graph: Graph,
  { clusters, per, layers }: Clusters,
  context: TechniqueContext,
): Promise<{ stored: Graph; before: Graph }> {
  const plain = simplify(await plainGraph(graph, id, context.card.name));
  const named = nodesNamed(plain, layers, id, 'layers');
  const isChosen = uncodedLayers(graph, plain).some(({ node }) => layers.length === 0 || named.has(node));
  if (!isChosen) {
    const before = simplify(await plainGraph(await context.reference(), id, context.card.name));
    return { stored: graph, before };
  }
  const choice = { clusters, per, layers, init: 'optimal', rounding: 'second-order' };
  const stored = await clusterWeights.apply(graph, choice, context);
  await keepStorage(graph, stored);
  return { stored, before: plain };
}

export const clusterTrain = defineTechnique({
  id,
  title: 'Trained clusters',
  summary:
    'Weight clustering whose centres are trained to answer as the float network does: fewer clusters hold the accuracy. After a step that stored weights in few bits, trains what their codes stand for.',
  family: 'quantization',
  needs: ['calibration', 'train'],
  dependsOn: ['kernels'],
  version: 2,
  usesReference: true,
  endsByHand: true,
  search: { place: 'rounding', params: { clusters: { ordered: [16, 32] } } },
  params: z.strictObject({
    clusters: z
      .number()
      .int()
      .min(2)
      .max(256)
      .default(32)
      .describe('Number of values that weights may take, where they are not in few bits already'),
    per: z
      .enum(['layer', 'channel'])
      .default('layer')
      .describe('One set of values for a layer, or for each output channel'),
    reassign: z
      .number()
      .int()
      .min(0)
      .max(1_000_000)
      .default(0)
      .describe(
        'Steps from one time to the next at which weights, which then learn beside their centres, take the nearest centre; 0: each keeps its own, which serves few images best',
      ),
    layers: z
      .array(z.string())
      .default([])
      .describe('Layers to cluster, by name; * stands for any characters; none named means all'),
    ...trainingParams({ epochs: 4, learningRate: 5e-5 }),
  }),
  handling: ({ layers }) => ({
    takes: trainsWeights.takes,
    leaves: {
      weights: 'codes',
      keeps: layers.length > 0 ? [`all but ${layers.map((name) => `"${name}"`).join(', ')}`] : [],
    },
  }),
  compensates: true,
  async apply(graph, params, context) {
    const { reassign } = params;
    const { stored, before } = await clustered(graph, params, context);
    const student = simplify(await plainGraph(stored, id, context.card.name));
    const coded = await readCodes(stored);
    const behind = reassign > 0 ? weightsBehindCodes(coded, student, before) : new Map<string, Float32Array>();
    const trained = new Map(
      [...coded].map(([name, each]): [string, TrainedCodes] => [name, { coded: each, weights: behind.get(name) }]),
    );
    const form = codedForm(trained, plainForm(0));
    const tuned = await trainNetwork(
      id,
      {
        student,
        form,
        averages: reassign === 0,
        asItWas: 'the centres are those that clustering gives',
        beforeStep(step, _steps, session) {
          if (reassign > 0 && step > 0 && step % reassign === 0) form.takeCodes(session);
        },
      },
      params,
      context,
    );
    if (!tuned) return stored;
    const all = [...coded.values()].reduce((sum, { codes }) => sum + codes.length, 0);
    if (reassign > 0)
      context.note(`${form.moved()} of ${all} weights have another value of their table than at first.`);
    shortenValueNames(tuned);
    return tuned;
  },
});
