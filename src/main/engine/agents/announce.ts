import { stat } from 'node:fs/promises';
import type { ImageSet } from '../dataset/dataset';
import { hashFile } from '../files/hash-file';
import { isContent, type Contents, type FileContent, type ImagesContent } from '../jobs/order';
import { partsOf } from '../models/model-format';
import type { FileStore } from './file-store';
import { packed, packName, readPack } from './image-pack';
import type { AnnouncedFile, AnnouncedImages, ImageList } from './protocol';

/** What an order names, uploaded where it is not there yet, and said with sizes. */
export class Announcer {
  private readonly files = new Map<string, Promise<AnnouncedFile>>();
  private readonly images = new Map<string, Promise<AnnouncedImages>>();
  private readonly hashes = new Map<string, string>();

  constructor(
    private readonly contents: Contents,
    private readonly store: FileStore,
  ) {}

  /** Throws what `contents` throws. */
  async announce(order: object, signal: AbortSignal): Promise<{ files: AnnouncedFile[]; images: AnnouncedImages[] }> {
    const values = Object.values(order) as unknown[];
    const files = new Map<string, AnnouncedFile>();
    const images = new Map<string, AnnouncedImages>();
    for (const value of values) {
      if (isContent(value, 'file'))
        files.set(
          `${value.sha256}.${value.format}`,
          await once(this.files, `${value.sha256}.${value.format}`, () => this.file(value, signal)),
        );
      else if (isContent(value, 'images'))
        images.set(value.key, await once(this.images, value.key, () => this.set(value, signal)));
    }
    return { files: [...files.values()], images: [...images.values()] };
  }

  /** An agent did not find something: all of it is uploaded anew where it is missing. */
  again(announced: { files: readonly AnnouncedFile[]; images: readonly AnnouncedImages[] }): void {
    for (const { sha256, format, parts } of announced.files) {
      this.files.delete(`${sha256}.${format}`);
      for (const part of parts) this.store.forget(part.sha256);
    }
    for (const { key, list, pack } of announced.images) {
      this.images.delete(key);
      this.store.forget(list.sha256);
      this.store.forget(pack.name);
    }
  }

  private async file(content: FileContent, signal: AbortSignal): Promise<AnnouncedFile> {
    const { sha256, format } = content;
    const path = await this.contents.file(content);
    const parts: AnnouncedFile['parts'] = [];
    for (const part of partsOf(path)) {
      const hash = this.hashes.get(part.stamp) ?? (await hashFile(part.path));
      this.hashes.set(part.stamp, hash);
      await this.store.putFile(hash, part.path, part.sizeBytes, signal);
      parts.push({ location: part.location, sha256: hash, sizeBytes: part.sizeBytes });
    }
    return { sha256, format, parts };
  }

  private async set(content: ImagesContent, signal: AbortSignal): Promise<AnnouncedImages> {
    const set: ImageSet = await this.contents.images(content);
    const sizes = new Map<string, number>();
    for (const { hash, path } of packed(set.entries)) sizes.set(hash, (await stat(path)).size);
    const { split, alreadyResized, entries } = set;
    const list: ImageList = {
      split,
      alreadyResized,
      entries: entries.map(({ hash, label }) => [hash, label, sizes.get(hash)!]),
    };
    const listed = await this.store.putBytes(Buffer.from(JSON.stringify(list)), signal);
    const name = packName(entries.map(({ hash }) => hash));
    const sizeBytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
    await this.store.put(name, sizeBytes, () => readPack(entries), signal);
    return { key: content.key, list: listed, pack: { name, sizeBytes } };
  }
}

/** What failed is tried again by the next who asks. */
function once<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  let made = known.get(key);
  if (!made) {
    made = make();
    made.catch(() => known.delete(key));
    known.set(key, made);
  }
  return made;
}
