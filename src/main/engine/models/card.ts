import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '@shared/errors';
import { modelCardSchema, type ModelCard, type Preprocess } from '@shared/model-card';
import { classifierOf } from '../onnx/classifier';
import type { Graph } from '../onnx/graph';
import { writeFileAtomic } from '../files/atomic-file';

/** `folder/name.onnx` -> `folder/name.card.json`. */
export function cardPath(modelPath: string): string {
  return join(dirname(modelPath), `${modelName(modelPath)}.card.json`);
}

export function modelName(modelPath: string): string {
  return basename(modelPath).replace(/\.onnx$/i, '');
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

/** Named preprocessing a person may choose; nothing is ever assumed. Means and deviations on the 0..255 scale. */
export const preprocessPresets: Record<string, Pick<Preprocess, 'mean' | 'std'>> = {
  /** torchvision and the ONNX model zoo. */
  imagenet: { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] },
  /** TensorFlow-slim: -1..1. */
  tf: { mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5] },
};

/** A card for a model that came without one, from the graph and what the person said of its preprocessing. */
export function makeCard(modelPath: string, graph: Graph, preprocess: Preprocess, labels?: string): ModelCard {
  const { input, output, layout, height, width, classes } = classifierOf(graph, modelPath);
  return {
    name: modelName(modelPath),
    file: basename(modelPath),
    task: 'image-classification',
    labels: labels ?? (classes === 1000 ? 'imagenet-1k' : undefined),
    input: {
      name: input.name,
      layout,
      channels: 'RGB',
      height,
      width,
      ...(input.type === 'uint8' ? { type: 'uint8' as const } : {}),
    },
    output: { name: output.name, classes },
    preprocess,
  };
}

export async function writeCard(modelPath: string, card: ModelCard): Promise<void> {
  await writeFileAtomic(cardPath(modelPath), `${JSON.stringify(card, null, 2)}\n`);
}
