import { heightAndWidth, type ModelCard, type Preprocess } from '@shared/model-card';
import { loadModel } from '../onnx/load';
import { makeCard, readCard, writeCard, type CardChoice } from './card';

/**
 * Writes the card of a model from what a person said of it. A card that is there keeps the rest of what it says.
 * Throws `card.invalid` for a card that is there and not valid: it is the person's to mend; and what `makeCard` and `loadModel` throw.
 */
export async function describeModel(
  path: string,
  {
    preprocess,
    labels,
    channels,
    output,
  }: Pick<CardChoice, 'labels' | 'channels' | 'output'> & { preprocess: Preprocess },
): Promise<ModelCard> {
  const known = await readCard(path);
  const size = heightAndWidth(preprocess.crop);
  const made = makeCard(
    path,
    await loadModel(path),
    { preprocess: () => preprocess, size, labels, channels, output },
    known,
  );
  const { height, width, channels: order } = made.input;
  const card: ModelCard = known
    ? {
        ...known,
        preprocess,
        ...(labels !== undefined && { labels }),
        input: { ...known.input, channels: order, height, width },
        output: output === undefined ? known.output : made.output,
      }
    : made;
  await writeCard(path, card);
  return card;
}
