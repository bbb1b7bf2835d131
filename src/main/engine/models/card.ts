import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '@shared/errors';
import { modelCardSchema, type ModelCard, type Preprocess } from '@shared/model-card';
import type { ImageInput } from '@shared/preprocess-presets';
import { classifierOf } from '../onnx/classifier';
import type { Graph } from '../onnx/graph';
import { writeFileAtomic } from '../files/atomic-file';

/** `folder/name.onnx` -> `folder/name.card.json`. */
/** NAME.card.json; of other formats NAME.tflite.card.json, since a network and what was made of it may lie side by side. */
export function cardPath(modelPath: string): string {
  return join(dirname(modelPath), `${basename(modelPath).replace(/\.onnx$/i, '')}.card.json`);
}

export function modelName(modelPath: string): string {
  return basename(modelPath).replace(/\.(onnx|tflite)$/i, '');
}

/** The card beside a model, or undefined where there is none. @throws `card.invalid` */
export async function readCard(modelPath: string): Promise<ModelCard | undefined> {
  const path = cardPath(modelPath);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new AppError('card.invalid', {
      path,
      detail: `it cannot be read (${(thrown as NodeJS.ErrnoException).code})`,
    });
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (thrown) {
    throw new AppError('card.invalid', { path, detail: `it is not JSON (${(thrown as Error).message})` });
  }
  const parsed = modelCardSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new AppError('card.invalid', { path, detail: `"${issue.path.join('.')}": ${issue.message}` });
}

/** What a person says of a model that came without a card. */
export interface CardChoice {
  preprocess: (input: ImageInput) => Preprocess;
  /** Order of three channels; RGB where it is not said. */
  channels?: ImageInput['channels'];
  /** `[height, width]`, for networks that take any. */
  size?: readonly [number, number];
  /** Name of the class scores, where there are several: an output, or what its ArgMax reads. */
  output?: string;
  labels?: string;
}

/**
 * A card for a model from the graph and what the person said.
 * @param known a card that is there: it decides what both leave open
 * Throws `card.choice` where both contradict each other, `model.size-open`, and what `classifierOf` throws.
 */
export function makeCard(modelPath: string, graph: Graph, choice: CardChoice, known?: ModelCard): ModelCard {
  const wrong = (detail: string): AppError => new AppError('card.choice', { path: modelPath, detail });
  const named = choice.output === undefined ? undefined : outputNamed(graph, choice.output);
  if (choice.output !== undefined && !named)
    throw wrong(`it has no output "${choice.output}", but ${graph.outputs.map(({ name }) => `"${name}"`).join(', ')}`);
  const { input, output, layout, channels, classes, score, ...size } = classifierOf(
    named ? { ...graph, outputs: [named] } : graph,
    modelPath,
    known && { input: known.input, output: named ? { ...known.output, name: named.name } : known.output },
  );
  if (channels === 1 && choice.channels && choice.channels !== 'gray')
    throw wrong(`its images are gray, not ${choice.channels}`);
  if (channels === 3 && choice.channels === 'gray') throw wrong('its images have three channels, they are not gray');
  const [height, width] = [size.height ?? choice.size?.[0], size.width ?? choice.size?.[1]];
  if (height === undefined || width === undefined) throw new AppError('model.size-open', { path: modelPath });
  if (choice.size && (choice.size[0] !== height || choice.size[1] !== width))
    throw wrong(`its images have ${height} x ${width} pixels (height x width), not ${choice.size.join(' x ')}`);
  const image: ImageInput = { channels: channels === 1 ? 'gray' : (choice.channels ?? 'RGB'), height, width };
  return {
    name: modelName(modelPath),
    file: basename(modelPath),
    task: 'image-classification',
    labels: choice.labels,
    input: {
      name: input.name,
      layout,
      ...image,
      ...(input.type === 'uint8' || input.type === 'float16' ? { type: input.type } : {}),
    },
    output: { name: output.name, classes, ...(score ? { score } : {}) },
    preprocess: forChannels(choice.preprocess(image), channels),
  };
}

function outputNamed(graph: Graph, wanted: string): Graph['outputs'][number] | undefined {
  const isWithin = graph.nodes.some(({ outputs }) => outputs.includes(wanted));
  return (
    graph.outputs.find(({ name }) => name === wanted) ??
    (isWithin ? { name: wanted, type: 'float32', shape: [] } : undefined)
  );
}

/** A gray image takes the mean of what was said of three colours. */
function forChannels(preprocess: Preprocess, channels: 1 | 3): Preprocess {
  const average = (values: readonly number[]): [number] => [
    values.reduce((sum, value) => sum + value, 0) / values.length,
  ];
  return channels === 3 ? preprocess : { ...preprocess, mean: average(preprocess.mean), std: average(preprocess.std) };
}

export async function writeCard(modelPath: string, card: ModelCard): Promise<void> {
  await writeFileAtomic(cardPath(modelPath), `${JSON.stringify(card, null, 2)}\n`);
}
