import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../files/atomic-file';
import type { ImageArchive } from './catalogue';
import { download, type DownloadOptions } from './download';
import { unpackArchive } from './unpack-archive';

export interface ImagesOptions extends DownloadOptions {
  unpacking?(files: number): void;
}

/**
 * Fetches an archive of images whose folders are named by synset and unpacks it into `folder`; its dataset.json tells the splits, and
 * that the classes are ImageNet's thousand. The folder appears when all of it is there; the archive is deleted then.
 * @returns the dataset's folder. Throws what `download` and `unpackArchive` throw.
 */
export async function getImages(images: ImageArchive, folder: string, options: ImagesOptions = {}): Promise<string> {
  const destination = join(folder, images.root);
  if (await isUnpacked(destination, images)) return destination;
  const archive = join(folder, `${images.name}.tgz`);
  await download(images, archive, options);
  await unpackArchive(
    archive,
    destination,
    { root: images.root, ...images.limits },
    {
      signal: options.signal,
      progress: (files) => options.unpacking?.(files),
      finish: (made) =>
        writeFileAtomic(join(made, 'dataset.json'), `${JSON.stringify(datasetFile(images), null, 2)}\n`),
    },
  );
  await rm(archive, { force: true });
  return destination;
}

async function isUnpacked(destination: string, { sha256 }: ImageArchive): Promise<boolean> {
  const text = await readFile(join(destination, 'dataset.json'), 'utf8').catch(() => '{}');
  return (JSON.parse(text) as { archiveSha256?: string }).archiveSha256 === sha256;
}

function datasetFile({ name, urls, sha256, licence }: ImageArchive): object {
  const split = (images: string): object => ({ images, layout: 'class-folders' });
  return {
    name,
    labels: 'imagenet-1k',
    eval: split('val'),
    train: split('train'),
    source: urls[0],
    archiveSha256: sha256,
    licence,
  };
}
