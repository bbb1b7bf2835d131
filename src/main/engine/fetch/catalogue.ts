import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@shared/errors';
import { nearestName } from '@shared/nearest-name';
import type { ZooListing } from '@shared/zoo';
import type { Source } from './download';
import { runtimePacks } from '../runtimes/runtime-packs';
import zoo from './zoo.json';

/** A network of the ONNX model zoo: what its manifest states of the file. */
export interface ZooModel extends Source {
  name: string;
  title: string;
  licence: string;
  /** On all 50,000 validation images, percent, as the zoo states it. */
  stated?: { top1: number; top5: number };
}

export interface ImageArchive extends Source {
  name: string;
  title: string;
  licence: string;
  /** The folder inside the archive, and the folder it becomes. */
  root: string;
  /** How many there are to unpack. */
  files: number;
  /** Beyond which it cannot be the archive that it should be. */
  limits: { entries: number; bytes: number };
}

/** Everything the published case study needs. */
export interface CaseStudySources {
  /** Named as the case study names them. */
  models: Record<string, ZooModel>;
  images: ImageArchive;
}

/** The zoo moved its files: they are served by the first, and by the second under the same names and hashes. */
const addresses = [
  (path: string): string => `https://github.com/onnx/models/raw/main/validated/vision/classification/${path}`,
  (_path: string, name: string): string => `https://huggingface.co/onnxmodelzoo/${name}/resolve/main/${name}.onnx`,
];

export const zooModels: readonly ZooModel[] = zoo.map(({ path, ...model }) => ({
  ...model,
  urls: addresses.map((address) => address(path, model.name)),
}));

/** Ten easy classes of ImageNet: 9,469 images to train with and 3,925 to evaluate, the short side 320 pixels. */
const imagenette: ImageArchive = {
  name: 'imagenette2-320',
  title: 'Imagenette, 320 pixels',
  urls: ['https://s3.amazonaws.com/fast-ai-imageclas/imagenette2-320.tgz'],
  bytes: 341_663_724,
  sha256: '569b4497c98db6dd29f335d1f109cf315fe127053cedf69010d047f0188e158c',
  licence: 'Apache-2.0 for the selection; the photographs are ImageNet’s, for research',
  root: 'imagenette2-320',
  files: 13_395,
  limits: { entries: 20_000, bytes: 2 ** 30 },
};

export const caseStudySources: CaseStudySources = {
  models: {
    mobilenetv2: zooModel('mobilenetv2-12'),
    resnet50: zooModel('resnet50-v1-12'),
    'squeezenet1.1': zooModel('squeezenet1.1-7'),
  },
  images: imagenette,
};

/** @throws `download.unknown` */
export function zooModel(name: string): ZooModel {
  const found = zooModels.find((model) => model.name === name);
  if (found) return found;
  const near = nearestName(name, [
    'case-study',
    ...runtimePacks.map((pack) => pack.name),
    ...zooModels.map((model) => model.name),
  ]);
  throw new AppError('download.unknown', { name, near });
}

/** The networks as a person chooses among them, with those marked that a folder has. */
export function listZoo(folder: string): ZooListing[] {
  return zooModels.map(({ name, title, bytes, licence, urls, stated }) => ({
    name,
    title,
    bytes,
    licence,
    url: urls[0]!,
    statedTop1: stated?.top1,
    isHere: existsSync(join(folder, `${name}.onnx`)),
  }));
}
