import { resolve } from 'node:path';
import { AppError } from '@shared/errors';
import type { Preprocess } from '@shared/model-card';
import { createEngine, type Engine, type EngineOptions } from '../main/engine/create-engine';
import { preprocessPresets } from '../main/engine/models/card';
import { locateModel, openModel, type Model } from '../main/engine/models/model-folder';
import type { Arguments } from './arguments';

/** The engine in this process, with the options every command shares. */
export async function openSession(
  arguments_: Arguments,
  options: Omit<EngineOptions, 'modelFolder' | 'preprocess'> = {},
): Promise<Engine> {
  const zoo = arguments_.text('zoo');
  const modelFolder = zoo === undefined ? undefined : resolve(zoo);
  return createEngine({ ...options, modelFolder, preprocess: preprocessOf(arguments_) });
}

/** @throws `usage` */
export function preprocessOf(arguments_: Arguments): ((side: number) => Preprocess) | undefined {
  const name = arguments_.text('preprocess');
  if (name === undefined) return undefined;
  const preset = Object.hasOwn(preprocessPresets, name) ? preprocessPresets[name] : undefined;
  if (!preset)
    throw new AppError('usage', {
      detail: `--preprocess takes ${Object.keys(preprocessPresets).join(' or ')}, not "${name}"`,
    });
  return (side) => ({ ...preset, interpolation: 'bilinear', crop: side, resize: Math.round((side * 256) / 224) });
}

export function openNamedModel(engine: Engine, reference: string, arguments_: Arguments): Promise<Model> {
  return openModel(locateModel(reference, engine.modelFolder()), preprocessOf(arguments_));
}
