import type { ImageProblem } from '@shared/dataset';
import { AppError, toAppError } from '@shared/errors';
import { dirname } from 'node:path';
import type { ImageEntry } from '../dataset';
import { decodeWhole, type DecodedImage } from '../preprocess';
import { readImage } from '../read-image';

/**
 * Decoded images of a set, in memory up to a limit. Each is wanted once an epoch, in another order every time: keeping the first that fit and
 * giving none of them up is then as good as any rule, and better than keeping those used last.
 */
export class DecodedImages {
  private readonly held = new Map<number, DecodedImage>();
  private heldBytes = 0;
  private heldSide = 0;
  private readonly broken = new Map<number, ImageProblem>();

  constructor(
    private readonly entries: readonly ImageEntry[],
    private readonly limitBytes: number,
  ) {}

  get count(): number {
    return this.entries.length;
  }

  /** Of the first image, for messages. */
  get folder(): string {
    return this.entries.length > 0 ? dirname(this.entries[0]!.path) : 'The dataset';
  }

  /** Images that cannot be used, of those that were asked for. */
  get problems(): ImageProblem[] {
    return [...this.broken.values()];
  }

  /**
   * The image at a position of the set; in place of one that cannot be used, the next that can, so that every batch of an epoch is the same
   * whoever asks for it first.
   * @param shortSide pixels that are kept of it at most
   * Throws `dataset.unreadable` where no image can be used.
   */
  async at(position: number, shortSide: number): Promise<{ entry: ImageEntry; image: DecodedImage }> {
    for (let step = 0; step < this.count; step++) {
      const index = (position + step) % this.count;
      const image = await this.load(index, shortSide);
      if (image) return { entry: this.entries[index]!, image };
    }
    throw new AppError('dataset.unreadable', {
      path: this.folder,
      count: this.count,
      first: this.problems[0]?.message,
    });
  }

  private async load(index: number, shortSide: number): Promise<DecodedImage | undefined> {
    if (this.broken.has(index)) return undefined;
    if (shortSide !== this.heldSide) this.forget(shortSide);
    const known = this.held.get(index);
    if (known) return known;
    const entry = this.entries[index]!;
    try {
      const image = await decodeWhole(await readImage(entry), entry.path, shortSide);
      this.keep(index, image, shortSide);
      return image;
    } catch (thrown) {
      this.broken.set(index, { file: entry.path, message: toAppError(thrown).message });
      return undefined;
    }
  }

  private keep(index: number, image: DecodedImage, shortSide: number): void {
    const bytes = image.pixels.byteLength;
    if (shortSide !== this.heldSide || this.held.has(index) || this.heldBytes + bytes > this.limitBytes) return;
    this.held.set(index, image);
    this.heldBytes += bytes;
  }

  private forget(shortSide: number): void {
    this.held.clear();
    this.heldBytes = 0;
    this.heldSide = shortSide;
  }
}
