import type { Split } from '@shared/dataset';
import type { ImageSet } from '../dataset/dataset';
import type { Job } from './job';

/** A network file by its content. */
export interface FileContent {
  content: 'file';
  /** Of a model: of all its files. */
  sha256: string;
  format: string;
}

/** The images of one split by their content. */
export interface ImagesContent<S extends Split = Split> {
  content: 'images';
  split: S;
  /** `imagesKey` of the set. */
  key: string;
}

type PathName = `${string}Path`;
type Portable<J> = {
  [
    K in keyof J as K extends 'cacheFolder' | 'outputPath' ? never : K extends `${infer Name}Path` ? Name : K
  ]: K extends PathName
    ? FileContent
    : Exclude<J[K], undefined> extends ImageSet<infer S>
      ? ImagesContent<S> | (undefined extends J[K] ? undefined : never)
      : J[K];
};

/**
 * A job as it travels: files and images by their content in place of the paths of one machine (`model` for `modelPath`, and so on).
 * @see jobOf
 */
export type Order<J extends Job = Job> = J extends Job
  ? Portable<J> & {
      /** Of the step: names its checkpoints. Absent: it keeps none. */
      key?: string;
      /** Name of the file that it writes; absent: it writes none. */
      output?: string;
    }
  : never;

/** Where a machine keeps contents. */
export interface Contents {
  /** For crops and shared results; safe to delete. */
  readonly cacheFolder: string;
  /** Path of a file that holds what the content says. Throws `model.changed`, `artifact.damaged`, and `content.missing` when it is not here. */
  file(content: FileContent): Promise<string>;
  /** Throws `content.missing`. */
  images<S extends Split>(content: ImagesContent<S>): Promise<ImageSet<S>>;
  /** Where a job may write its file. */
  outputPath(name: string): string;
}

/** An order with its contents found on this machine. Throws what `contents` throws. */
export async function jobOf<J extends Job>(order: Order<J>, contents: Contents): Promise<J> {
  const job: Record<string, unknown> = { cacheFolder: contents.cacheFolder };
  for (const [name, value] of Object.entries(order as Record<string, unknown>)) {
    if (isContent(value, 'file')) job[`${name}Path`] = await contents.file(value);
    else if (isContent(value, 'images')) job[name] = await contents.images(value);
    else job[name] = value;
  }
  if (order.output !== undefined) job.outputPath = contents.outputPath(order.output);
  return job as unknown as J;
}

/** Whether a value of an order names a content of that kind. */
export function isContent<K extends 'file' | 'images'>(
  value: unknown,
  content: K,
): value is K extends 'file' ? FileContent : ImagesContent {
  return typeof value === 'object' && value !== null && (value as { content?: unknown }).content === content;
}
