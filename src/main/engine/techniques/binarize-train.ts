import { z } from 'zod';
import { plainGraph } from '../compression/layers/plain-graph';
import { readCodes } from '../compression/storage/read-codes';
import { shortenValueNames } from '../onnx/fresh-names';
import { simplify } from '../onnx/simplify';
import { binaryForm } from '../training/binary-form';
import { codedForm } from '../training/coded-form';
import { plainForm } from '../training/trained-form';
import { binarizedLayers, binarizeWeights } from './binarize-weights';
import { codesWeights } from './handling';
import { layersKept } from './layer-params';
import { defineTechnique } from './technique';
import { trainNetwork } from './train-network';
import { trainingParams } from './training-params';

const id = 'binarize.train';

export const binarizeTrain = defineTechnique({
  id,
  title: 'Trained binary weights',
  summary:
    'Each weight becomes plus or minus one number per output channel, while the network is trained to answer as the float one does: the smallest file. Weights turn from float numbers into signs step by step.',
  family: 'quantization',
  needs: ['train'],
  dependsOn: ['kernels'],
  version: 2,
  usesReference: true,
  endsByHand: true,
  params: z.strictObject({
    keepFirst: z.boolean().default(true).describe('The first layer keeps its weights in float32'),
    keepLast: z.boolean().default(true).describe('The last layer keeps its weights in float32'),
    softening: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe('Share of the steps in which weights turn from float numbers into signs; in the others they are signs'),
    ...trainingParams({ epochs: 20, learningRate: 1e-3 }),
  }),
  handling: (choice) => codesWeights(layersKept(choice)),
  explainCollapse: () => [
    {
      certainty: 'setting',
      sentence: `weights of one bit need more training than this to hold the network: give ${id} more epochs or more images, or use more bits`,
    },
  ],
  compensates: true,
  async apply(graph, params, context) {
    const { keepFirst, keepLast, softening } = params;
    const student = simplify(await plainGraph(graph, id, context.card.name));
    const layers = binarizedLayers(graph, student, { keepFirst, keepLast }, id, context);
    const codes = [...(await readCodes(graph))].map(([weight, coded]) => [weight, { coded }] as const);
    const form = binaryForm(layers, codedForm(new Map(codes), plainForm(0)));
    const tuned = await trainNetwork(
      id,
      {
        student,
        form,
        averages: false,
        asItWas: 'signs and scales are those of the weights before',
        beforeStep: (step, steps, session) => form.harden(session, Math.min(1, (step + 1) / (softening * steps + 1))),
        beforeJudging: (session) => form.harden(session, 1),
      },
      params,
      context,
    );
    if (!tuned) return binarizeWeights.apply(graph, { bases: 1, keepFirst, keepLast }, context);
    context.note('Binary weights are decoded when the model loads: smaller file, no speed-up.');
    shortenValueNames(tuned);
    return tuned;
  },
});
