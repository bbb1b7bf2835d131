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
  version: 1,
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
    refit: z
      .boolean()
      .default(true)
      .describe('Least-squares refit of all layers behind a gate, to what they gave before'),
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
  async apply(graph, { keep, speedUp, refit, exclude, images }, context) {
    const whole = removeDead(simplify(await plainGraph(graph, id, context.card.name)));
    const left = nodesNamed(whole, exclude, id, 'exclude');
    const options = { keep, least: speedUp, refit, images, isLeft: left.has.bind(left) };
    const { graph: result, chains, slower, judges, agreement } = await gateNetwork(id, whole, options, context);
    recountParameters(result);
    const hidden = chains.flatMap((chain) => chain.hidden);
    const range = [Math.min, Math.max].map((pick) => pick(...chains.map((chain) => chain.speedUp)).toFixed(2));
    const made = hidden.length === 1 ? '1 layer computes' : `${hidden.length} layers compute`;
    const others =
      slower === 0
        ? ''
        : `; ${slower} ${slower === 1 ? 'other stays' : 'others stay'} whole, where gating would not pay`;
    context.note(
      `${made} ${keep} of the channels for each image, estimated to run, with those that read them, ${range.join(' to ')} times as fast${others}.`,
    );
    context.note(`Of ${judges} held-out images ${agreement.toFixed(1)} % get the class of the whole network.`);
    context.note('The network takes one image at a time from here on.');
    context.log(`${id}: ${countMacs(result)} of ${countMacs(whole)} MACs`);
    return result;
  },
});
