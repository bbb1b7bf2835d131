import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { writeError, writeFileAtomic } from '../files/atomic-file';

const kept = 2;
const digestLength = 32;

/** Checkpoints of one job: `7.checkpoint`, each after the sha256 of what it holds. */
export class CheckpointFolder {
  constructor(private readonly folder: string) {}

  /** Whole or not at all; then all but the last two go. Throws `output.disk-full`, `output.unwritable`. */
  async save(bytes: Uint8Array): Promise<void> {
    await mkdir(this.folder, { recursive: true }).catch((thrown: unknown) => {
      throw writeError(this.folder, thrown);
    });
    const numbers = await this.numbers();
    await writeFileAtomic(this.path((numbers[0] ?? 0) + 1), [digest(bytes), bytes]);
    for (const number of numbers.slice(kept - 1)) await rm(this.path(number), { force: true });
  }

  /** The last one that is whole: a disk that lost the last bytes still has the one before. */
  async latest(): Promise<Uint8Array | undefined> {
    for (const number of await this.numbers()) {
      const file = await readFile(this.path(number)).catch(() => Buffer.alloc(0));
      const bytes = file.subarray(digestLength);
      if (file.length >= digestLength && digest(bytes).equals(file.subarray(0, digestLength))) return bytes;
    }
    return undefined;
  }

  /** The job has finished. */
  async clear(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Newest first. */
  private async numbers(): Promise<number[]> {
    const names = await readdir(this.folder).catch(() => []);
    const numbers = names.flatMap((name) => /^(\d+)\.checkpoint$/.exec(name)?.[1] ?? []).map(Number);
    return numbers.sort((a, b) => b - a);
  }

  private path(number: number): string {
    return join(this.folder, `${number}.checkpoint`);
  }
}

const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
