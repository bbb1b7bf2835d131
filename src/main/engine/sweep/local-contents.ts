import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Split } from '@shared/dataset';
import { AppError } from '@shared/errors';
import type { ImageSet } from '../dataset/dataset';
import { writeError, writeFileAtomic } from '../files/atomic-file';
import type { Contents, FileContent, ImagesContent } from '../jobs/order';
import { imagesKey } from '../jobs/step-key';
import type { Model } from '../models/model-folder';
import { modelIdentity, modelStamp } from '../models/model-identity';
import { ArtifactFolder } from '../store/artifacts';
import { CheckpointFolder } from '../store/checkpoint-folder';

/** Where a model lay when it was registered. */
interface KnownModel {
  path: string;
  stamp: string;
}

/**
 * Contents as one workspace folder has them. Artifacts lie in it; models and images stay where people keep them, and `cache/contents`
 * says where: they are large, and copies would be a second truth. Every run says it anew. A file that changed since is noticed.
 */
export class LocalContents implements Contents {
  readonly cacheFolder: string;
  readonly artifacts: ArtifactFolder;

  /** @param workspace its folder */
  constructor(private readonly workspace: string) {
    this.cacheFolder = join(workspace, 'cache');
    this.artifacts = new ArtifactFolder(join(workspace, 'artifacts'));
  }

  /** Makes a model findable by its content. Throws `model.changed` where the file is another by now. */
  async addModel({
    path,
    sha256,
    format = 'onnx',
  }: Pick<Model, 'path' | 'sha256'> & Partial<Pick<Model, 'format'>>): Promise<FileContent> {
    const stamp = stampOf(path);
    // It may have been written again since it was opened.
    if ((await modelIdentity(path)).sha256 !== sha256) throw new AppError('model.changed', { path });
    const known: KnownModel = { path, stamp };
    await this.write(sha256, known);
    return { content: 'file', sha256, format };
  }

  /** Makes the images of a split findable by their content. */
  async addImages<S extends Split>(set: ImageSet<S>): Promise<ImagesContent<S>> {
    const content = imagesContent(set);
    await this.write(content.key, set);
    return content;
  }

  async file({ sha256, format }: FileContent): Promise<string> {
    if (this.artifacts.has(sha256, format)) {
      const artifact = this.artifacts.path(sha256, format);
      if (await this.artifacts.isWhole(sha256, format)) return artifact;
      throw new AppError('artifact.damaged', { path: artifact });
    }
    const { path, stamp } = await this.read<KnownModel>(sha256, `file ${sha256}.${format}`);
    if (stampOf(path) !== stamp && (await modelIdentity(path)).sha256 !== sha256)
      throw new AppError('model.changed', { path });
    return path;
  }

  async images<S extends Split>({ key, split }: ImagesContent<S>): Promise<ImageSet<S>> {
    const set = await this.read<ImageSet<S>>(key, `images ${key}`);
    if (set.split !== split) throw new AppError('internal', { detail: `images ${key} are ${set.split}, not ${split}` });
    return set;
  }

  outputPath(name: string): string {
    return this.artifacts.reserve(name);
  }

  checkpoints(key: string): CheckpointFolder {
    return new CheckpointFolder(join(this.workspace, 'checkpoints', key));
  }

  private path(key: string): string {
    return join(this.cacheFolder, 'contents', `${key}.json`);
  }

  private async write(key: string, value: unknown): Promise<void> {
    const path = this.path(key);
    await mkdir(join(this.cacheFolder, 'contents'), { recursive: true }).catch((thrown: unknown) => {
      throw writeError(path, thrown);
    });
    await writeFileAtomic(path, JSON.stringify(value));
  }

  private async read<T>(key: string, what: string): Promise<T> {
    const text = await readFile(this.path(key), 'utf8').catch(() => undefined);
    if (text === undefined) throw new AppError('content.missing', { what, path: this.workspace });
    return JSON.parse(text) as T;
  }
}

/** A set of images as orders name it. */
export function imagesContent<S extends Split>(set: ImageSet<S>): ImagesContent<S> {
  return { content: 'images', split: set.split, key: imagesKey(set) };
}

/** Throws `model.changed` when the model is gone. */
function stampOf(path: string): string {
  try {
    return modelStamp(path);
  } catch (cause) {
    throw new AppError('model.changed', { path }, { cause });
  }
}
