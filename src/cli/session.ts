import { resolve } from 'node:path';
import { AppError } from '@shared/errors';
import { presetNames, presetPreprocess } from '@shared/preprocess-presets';
import { createEngine, type Engine, type EngineOptions } from '../main/engine/create-engine';
import type { CardChoice } from '../main/engine/models/card';
import { locateModel, openAnyModel, openModel, type Model } from '../main/engine/models/model-folder';
import type { Arguments } from './arguments';

/**
 * The engine in this process, with the options every command shares.
 * @param choice what was said of models without a card, or null where the command uses it by itself
 */
export async function openSession(
  arguments_: Arguments,
  options: Omit<EngineOptions, 'modelFolder' | 'choice'> = {},
  choice: CardChoice | undefined | null = choiceOf(arguments_),
): Promise<Engine> {
  const zoo = arguments_.text('zoo');
  const modelFolder = zoo === undefined ? undefined : resolve(zoo);
  return createEngine({ ...options, modelFolder, choice: choice ?? undefined });
}

const channelOrders = ['RGB', 'BGR', 'gray'] as const;

/** What was said of models without a card besides their preprocessing. @throws `usage` */
export function knownOfModels(arguments_: Arguments): Omit<CardChoice, 'preprocess'> {
  const [channels, size] = [arguments_.text('order'), arguments_.text('size')];
  const order = channelOrders.find((one) => one.toLowerCase() === channels?.toLowerCase());
  if (channels !== undefined && !order) {
    throw new AppError('usage', { detail: `--order takes ${channelOrders.join(', ')}, not "${channels}"` });
  }
  return { channels: order, size: size === undefined ? undefined : sizeOf(size), output: arguments_.text('scores') };
}

/** "224" or "48x192", height first. */
function sizeOf(text: string): readonly [number, number] {
  const [, height, width = height] = /^(\d{1,4})(?:x(\d{1,4}))?$/.exec(text) ?? [];
  if (Number(height) >= 1 && Number(width) >= 1) return [Number(height), Number(width)];
  throw new AppError('usage', { detail: `--size takes a side as in 224, or HEIGHTxWIDTH as in 48x192, not "${text}"` });
}

/** How images are fed to models without a card, as the words say. Throws `usage`. */
export function choiceOf(arguments_: Arguments): CardChoice | undefined {
  const name = arguments_.text('preprocess');
  const known = knownOfModels(arguments_);
  if (name === undefined) {
    const idle = ['order', 'size', 'scores'].find((option) => arguments_.text(option) !== undefined);
    if (idle === undefined) return undefined;
    throw new AppError('usage', { detail: `--${idle} is of use only with --preprocess, for models without a card` });
  }
  const preset = presetNames.find((one) => one === name);
  if (!preset) throw new AppError('usage', { detail: `--preprocess takes ${presetNames.join(', ')}, not "${name}"` });
  return { ...known, preprocess: (input) => presetPreprocess(preset, input) };
}

/** A file to run as it is, whatever its format. */
export function openNamedFile(engine: Engine, reference: string, arguments_: Arguments): Promise<Model> {
  return openAnyModel(locateModel(reference, engine.modelFolder()), choiceOf(arguments_));
}

/** An ONNX network to work on. */
export function openNamedModel(engine: Engine, reference: string, arguments_: Arguments): Promise<Model> {
  return openModel(locateModel(reference, engine.modelFolder()), choiceOf(arguments_));
}
