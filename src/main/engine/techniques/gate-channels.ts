import { z } from 'zod';
import { nodesNamed } from '../compression/layers/layer-choice';
import { plainGraph } from '../compression/layers/plain-graph';
import { recountParameters } from '../compression/storage/provenance';
import { gateNetwork } from '../gates/gate-network';
import { countMacs } from '../onnx/count';
import { removeDead } from '../onnx/remove-dead';
import { simplify } from '../onnx/simplify';
import { tookTooMuch } from './collapse-causes';
import { defineTechnique } from './technique';

const id = 'gate.channels';

export const gateChannels = defineTechnique({
  id,
  title: 'Channel gating',
  summary:
    'Of the channels between two convolutions each image gets those that it needs most: a gate before them picks them, and only their weights are used. For one image at a time, in float; where picking takes longer than it saves, layers stay as they are.',
  family: 'dynamic',
  needs: ['train'],
  version: 4,
  params: z.strictObject({
    keep: z
      .number()
      .min(0.1)
      .max(0.6)
      .default(0.5)
      .describe('Share of the hidden channels that an image gets; with more than 0.6 nothing would be faster'),
    speedUp: z
      .number()
      .min(0)
      .max(10)
      .default(1.1)
      .describe(
        'Layers are gated where they are estimated to run at least so many times as fast; 0: wherever they can be',
      ),
    maxDrop: z
      .number()
      .min(0)
      .max(100)
      .default(5)
      .describe(
        'As many layers are gated as this allows: on training images that were held out, the class is another than that of the whole network for at most so many percent',
      ),
    refit: z
      .boolean()
      .default(true)
      .describe('Least-squares refit of the layers that read gated channels, to what they gave before'),
    exclude: z
      .array(z.string())
      .default([])
      .describe('Layers that keep all their channels, by name; * stands for any characters'),
    images: z.number().int().min(1).max(100_000).default(512).describe('Training images to look at'),
  }),
  adds: 'the gates: a weight for every hidden channel and every channel that the gate sees',
  handling: () => ({
    takes: { weights: ['float'], activations: ['float'] },
    leaves: { work: 'less', path: 'gates' },
  }),
  explainCollapse: ({ refit }) =>
    refit
      ? [tookTooMuch(id)]
      : [{ certainty: 'setting', sentence: 'channels are left out and nothing makes up for them: leave refit on' }],
  async apply(graph, { keep, speedUp, maxDrop, refit, exclude, images }, context) {
    const whole = removeDead(simplify(await plainGraph(graph, id, context.card.name)));
    const kept = nodesNamed(whole, exclude, id, 'exclude');
    const options = { keep, least: speedUp, maxDrop, refit, images, isLeft: kept.has.bind(kept) };
    const { graph: result, chains, slower, dear, heldOut, agreement } = await gateNetwork(id, whole, options, context);
    const others = [
      ...(dear > 0 ? [`${dear} more would change the class of more images than is allowed`] : []),
      ...(slower > 0 ? [`${slower} would not gain`] : []),
    ];
    if (chains.length === 0) {
      context.note(`No chain of layers is gated: ${others.join(', ')}. The network was left as it was.`);
      return result;
    }
    recountParameters(result);
    const hidden = chains.reduce((sum, chain) => sum + chain.hidden.length, 0);
    const range = [Math.min, Math.max].map((pick) => pick(...chains.map((chain) => chain.speedUp)).toFixed(2));
    const left = others.length > 0 ? ` Of the other chains, ${others.join(', and ')}.` : '';
    context.note(
      `${hidden} ${hidden === 1 ? 'layer computes' : 'layers compute'} ${keep} of the channels for each image, in chains that are estimated to run ${range.join(' to ')} times as fast.${left}`,
    );
    context.note(`Of ${heldOut} held-out images ${agreement.toFixed(1)} % get the class of the whole network.`);
    context.note('The network takes one image at a time from here on.');
    context.log(`${id}: ${countMacs(result)} of ${countMacs(whole)} MACs`);
    return result;
  },
});
