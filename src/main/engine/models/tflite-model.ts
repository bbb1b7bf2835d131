import { basename } from 'node:path';
import { AppError } from '@shared/errors';
import type { ModelCard, Preprocess } from '@shared/model-card';
import { presetPreprocess, type ImageInput } from '@shared/preprocess-presets';
import { loadTflite } from '../formats/tflite/load-model';
import { readMetadata, type TfliteDescription } from '../formats/tflite/read-metadata';
import { cardPath, modelName, readCard, type CardChoice } from './card';
import { modelIdentity } from './model-identity';
import { tfliteClassifier, type TfliteClassifier } from './tflite-classifier';

/**
 * Opens a .tflite file to run it. Its card is the one beside it, or made from the file: what its metadata say of pixels and classes counts, and
 * a person's choice where they say nothing.
 * Throws `card.missing`, `card.choice`, `card.mismatch`, and what `loadTflite` and `tfliteClassifier` throw.
 */
export async function openTfliteModel(path: string, choice?: CardChoice) {
  const written = await readCard(path);
  const model = await loadTflite(path);
  const classifier = tfliteClassifier(model, path, choice?.output ?? written?.output.name);
  const card = written ? checked(written, classifier, path) : made(classifier, readMetadata(model), path, choice);
  const { sha256, sizeBytes } = await modelIdentity(path);
  if (written?.sha256 !== undefined && written.sha256 !== sha256)
    throw mismatch(path, `the sha256 of the model is ${sha256}, not the one on the card`);
  const isCompiled = model.graphs[0]!.operators.some(({ customCode }) => customCode === 'edgetpu-custom-op');
  const format = isCompiled ? ('edgetpu' as const) : ('tflite' as const);
  return { name: card.name, path, format, sha256, sizeBytes, card };
}

/** A card written by a person or beside a deployment. Values keep their names there, but a file has one of each anyway. */
function checked(card: ModelCard, { input, output }: TfliteClassifier, path: string): ModelCard {
  const { height, width, channels } = card.input;
  if (height !== input.height || width !== input.width || (channels === 'gray') !== (input.channels === 1))
    throw mismatch(path, `the model's images are ${input.height} x ${input.width} with ${input.channels} channels`);
  const [given, said] = [output, card.output].map(({ classes, background }) => classes + (background ? 1 : 0));
  if (given !== said) throw mismatch(path, `the model gives ${given} scores, the card says ${said}`);
  return card;
}

const mismatch = (path: string, detail: string): AppError =>
  new AppError('card.mismatch', { path: cardPath(path), detail });

function made(
  { input, codes, output }: TfliteClassifier,
  { normalization, colorSpace, labels }: TfliteDescription,
  path: string,
  choice: CardChoice | undefined,
): ModelCard {
  const isGray = input.channels === 1;
  if (choice?.channels && (choice.channels === 'gray') !== isGray)
    throw new AppError('card.choice', { path, detail: `its images have ${isGray ? 'one channel' : 'three channels'}` });
  const channels = isGray ? 'gray' : (choice?.channels ?? 'RGB');
  const image: ImageInput = { height: input.height, width: input.width, channels };
  const preprocess = normalization
    ? { ...presetPreprocess('raw', image), ...perChannel(normalization, image) }
    : choice?.preprocess(image);
  if (!preprocess || (colorSpace === 'GRAYSCALE' && !isGray))
    throw new AppError('card.missing', { path, card: cardPath(path) });
  const names = output.background ? labels?.slice(1) : labels;
  return {
    name: modelName(path),
    file: basename(path),
    task: 'image-classification',
    ...(output.classes === 1000 && { labels: 'imagenet-1k' }),
    ...(names?.length === output.classes && { labelNames: names }),
    input: { name: input.name, layout: 'NHWC', ...image },
    output,
    preprocess: codes && isRaw(preprocess) ? codesThemselves(preprocess, codes) : preprocess,
  };
}

/** Metadata give one value for all channels, or one for each. */
function perChannel(
  { mean, std }: { mean: number[]; std: number[] },
  { channels }: ImageInput,
): Pick<Preprocess, 'mean' | 'std'> {
  const each = (values: number[]): Preprocess['mean'] =>
    channels === 'gray' ? [values[0]!] : [values[0]!, values[1] ?? values[0]!, values[2] ?? values[0]!];
  return { mean: each(mean), std: each(std) };
}

const isRaw = ({ mean, std }: Preprocess): boolean =>
  mean.every((value) => value === 0) && std.every((value) => value === 1);

/** "raw" of a file that takes codes: levels are the codes (less 128 where these are signed), and so stand for scale (level - zero point). */
function codesThemselves(
  preprocess: Preprocess,
  { scale, zeroPoint, isSigned }: NonNullable<TfliteClassifier['codes']>,
): Preprocess {
  const [mean, std] = [zeroPoint + (isSigned ? 128 : 0), 1 / scale];
  const all = (value: number): Preprocess['mean'] => preprocess.mean.map(() => value) as Preprocess['mean'];
  return { ...preprocess, mean: all(mean), std: all(std) };
}
