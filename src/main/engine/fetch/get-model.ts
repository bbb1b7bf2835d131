import { join } from 'node:path';
import { presetPreprocess } from '@shared/preprocess-presets';
import { writeCard } from '../models/card';
import { describeModel } from '../models/describe-model';
import type { ZooModel } from './catalogue';
import { download, type DownloadOptions } from './download';

/** Every classifier of the catalogue takes images so: short side to 256, centre 224, ImageNet's mean and deviation. */
const side = 224;

/**
 * Fetches a network of the catalogue into `folder` as `NAME.onnx`, with a card that says where it comes from.
 * @param name the model's name in that folder
 * Throws what `download` and `describeModel` throw.
 */
export async function getModel(
  model: ZooModel,
  folder: string,
  name: string,
  options: DownloadOptions = {},
): Promise<string> {
  const path = join(folder, `${name}.onnx`);
  await download(model, path, options);
  const image = { height: side, width: side, channels: 'RGB' } as const;
  const card = await describeModel(path, { preprocess: presetPreprocess('imagenet', image), labels: 'imagenet-1k' });
  const { title, sha256, bytes, licence, stated, urls } = model;
  const reference = stated && { dataset: 'ImageNet validation (50,000 images), as the zoo states it', ...stated };
  await writeCard(path, { ...card, name, title, sha256, bytes, licence, source: urls[0], reference });
  return path;
}
