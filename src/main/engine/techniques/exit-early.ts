import { z } from 'zod';
import { AppError } from '@shared/errors';
import { currentGraph } from '../compression/layers/plain-graph';
import { earlyExits } from '../exits/early-exits';
import { defineTechnique } from './technique';

const id = 'exit.early';

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

export const exitEarly = defineTechnique({
  id,
  title: 'Early exits',
  summary:
    'Images that are easy leave the network early: exits after one or two places learn to answer as the whole network does, and an image leaves where its answer is sure enough. For one image at a time; the time depends on the image.',
  family: 'dynamic',
  needs: ['train'],
  dependsOn: ['kernels'],
  version: 4,
  params: z.strictObject({
    first: z
      .number()
      .min(0.05)
      .max(0.95)
      .default(0.5)
      .describe('The first exit: about this share of the multiply-accumulates comes before it'),
    second: z
      .number()
      .min(0)
      .max(0.95)
      .default(0.75)
      .describe('The second exit, in the same way; 0, or no more than the first: there is one alone'),
    maxDrop: z
      .number()
      .min(0)
      .max(100)
      .default(1)
      .describe(
        'As many images leave early as this allows: on training images that were held out, the class is another than that of the whole network for at most so many percent',
      ),
    macs: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe(
        'In place of maxDrop: the share of the multiply-accumulates that an image may take in the mean, with as few other answers as that allows; 0: maxDrop decides',
      ),
    views: z
      .number()
      .int()
      .min(1)
      .max(1000)
      .default(8)
      .describe(
        'Times that each training image is looked at, each time another part of it: most of the time goes there',
      ),
    epochs: z
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(20)
      .describe(
        'Times that an exit is trained on all that was looked at, at most: it ends where images that were held out tell that it no longer gains',
      ),
    labels: z
      .number()
      .min(0)
      .max(1)
      .default(0)
      .describe('Share of the loss that true classes have, the rest having the answers of the whole network'),
  }),
  adds: 'the exits: a weight for every class and every channel where they are',
  // What the network computes is left alone, so its weights may be stored in any form.
  handling: () => ({
    takes: { weights: [], activations: ['float', 'dynamic', 'qdq'] },
    leaves: { path: 'branches' },
  }),
  async apply(graph, { first, second, maxDrop, macs, views, epochs, labels }, context) {
    const model = context.card.name;
    if (context.card.output.score) {
      const detail = 'it gives one number an image, not a score for each class';
      throw new AppError('technique.not-applicable', { id, model, detail });
    }
    const shares = second > first ? [first, second] : [first];
    const goal = macs > 0 ? { macs } : { maxDrop };
    const labelShare = context.images('train').isLabelled ? labels : 0;
    const options = { shares, goal, views, epochs, labelShare };
    const made = await earlyExits(id, currentGraph(graph, id, model), options, context);
    const { judges, exits, expected } = made;
    if (exits.length === 0) {
      context.note(
        `No exit is sure enough on ${judges} held-out images for what is allowed; the network was left as it was.`,
      );
      return made.graph;
    }
    const places = exits.map(
      ({ name, share, percent: left }) =>
        `${name} after ${percent(share)} of the multiply-accumulates, where ${left.toFixed(1)} % leave`,
    );
    context.note(
      `Of ${judges} held-out images ${percent(expected / judges)} get another class than from the whole network by thresholds chosen without them, for ${percent(made.macs)} of the multiply-accumulates in the mean: ${places.join('; ')}.`,
    );
    if (macs > 0 && made.macs > macs)
      context.note(
        `Exits at these places do not come down to ${percent(macs)} in the mean: put the first one earlier.`,
      );
    context.note('The network takes one image at a time from here on.');
    return made.graph;
  },
});
