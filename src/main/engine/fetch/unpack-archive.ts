import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import { AppError } from '@shared/errors';
import { writeError } from '../files/atomic-file';
import { entryPlace } from './entry-place';

export interface ArchiveLimits {
  /** The one folder inside the archive that holds everything. */
  root: string;
  /** Files and folders. */
  entries: number;
  /** Of the whole archive when it is no longer compressed. */
  bytes: number;
}

export interface UnpackOptions {
  signal?: AbortSignal;
  progress?(files: number, bytes: number): void;
  /** Called before the folder appears; what it writes there appears with it. */
  finish?(folder: string): Promise<void>;
}

const fileTypes: readonly string[] = ['File', 'OldFile'];

/**
 * Unpacks a .tgz into `destination`, which must not be there: it appears as a whole or not at all. Archives are untrusted: folders and
 * plain files below `limits.root` are taken, anything else (links, devices, names that lead out, more than the limits) ends it.
 * Nothing of an archive decides about owners, modes or times.
 * Throws `archive.unsafe`, `archive.damaged`, `output.*`, `cancelled`.
 */
export async function unpackArchive(
  archive: string,
  destination: string,
  limits: ArchiveLimits,
  options: UnpackOptions = {},
): Promise<void> {
  const work = join(
    dirname(destination),
    `.${basename(destination).slice(0, 40)}.${randomBytes(6).toString('hex')}.tmp`,
  );
  try {
    await mkdir(work, { recursive: true });
    await unpackInto(archive, work, limits, options);
    await options.finish?.(work);
    await rename(work, destination);
  } catch (thrown) {
    throw writeError(destination, thrown);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function unpackInto(
  archive: string,
  folder: string,
  limits: ArchiveLimits,
  { signal, progress }: UnpackOptions,
): Promise<void> {
  const refuse = (entry: string, detail: string): AppError =>
    new AppError('archive.unsafe', { path: archive, entry, detail });
  const writer = new EntryWriter(folder, limits, refuse, progress);
  const parser = new Parser({ strict: true });
  let writing: Promise<void> = Promise.resolve();
  // What goes wrong in a listener of the parser ends the loop that feeds it.
  const failed = new Promise<never>((_resolve, reject) => {
    parser.on('error', (error: Error) => reject(damaged(archive, error.message)));
    parser.on('entry', (entry: ReadEntry) => {
      const earlier = writing;
      writing = writer.take(entry).then(() => earlier);
      writing.catch(reject);
    });
  });
  failed.catch(() => undefined);
  const ended = new Promise<void>((resolve) => parser.on('end', resolve));

  const packed = createReadStream(archive, { highWaterMark: 1 << 20 });
  const plain = packed.pipe(createGunzip());
  packed.on('error', (error) => plain.destroy(error));
  let unpacked = 0;
  try {
    for await (const chunk of plain as AsyncIterable<Buffer>) {
      if (signal?.aborted) throw new AppError('cancelled');
      // The parser would unpack what is packed once more, past every limit.
      if (unpacked === 0 && !isTar(chunk)) throw damaged(archive, 'it holds no tar');
      unpacked += chunk.length;
      // Headers and padding count too: there can be as many as the bytes of files.
      if (unpacked > limits.bytes) throw refuse(limits.root, tooLarge(limits));
      const drained = new Promise<void>((resolve) => parser.once('drain', resolve));
      const isReady = parser.write(chunk);
      await Promise.race([isReady ? undefined : drained, failed]);
    }
    if (unpacked === 0) throw damaged(archive, 'it holds nothing');
    parser.end();
    await Promise.race([ended, failed]);
    await writing;
  } catch (thrown) {
    const code = (thrown as NodeJS.ErrnoException).code ?? '';
    throw code.startsWith('Z_') ? damaged(archive, (thrown as Error).message) : thrown;
  } finally {
    packed.destroy();
    plain.destroy();
  }
}

/** Writes what may be written and throws at what may not. */
class EntryWriter {
  private readonly made = new Set<string>();
  private entries = 0;
  private files = 0;
  private declared = 0;

  constructor(
    private readonly folder: string,
    private readonly limits: ArchiveLimits,
    private readonly refuse: (entry: string, detail: string) => AppError,
    private readonly progress: UnpackOptions['progress'],
  ) {}

  async take(entry: ReadEntry): Promise<void> {
    const { type, path, size } = entry;
    const isFile = fileTypes.includes(type);
    if (!isFile && type !== 'Directory') throw this.refuse(path, `it is a ${type}, neither a file nor a folder`);
    this.declared += size;
    if (++this.entries > this.limits.entries)
      throw this.refuse(path, `there are more than ${this.limits.entries} files and folders`);
    if (this.declared > this.limits.bytes) throw this.refuse(path, tooLarge(this.limits));
    const place = entryPlace(path, this.limits.root);
    if (typeof place === 'string') throw this.refuse(path, place);
    if (isFile) return this.writeFile(entry, place);
    entry.resume();
    await this.makeFolder(place);
  }

  private async makeFolder(place: readonly string[]): Promise<void> {
    const path = join(this.folder, ...place);
    if (this.made.has(path)) return;
    await mkdir(path, { recursive: true });
    this.made.add(path);
  }

  private async writeFile(entry: ReadEntry, place: readonly string[]): Promise<void> {
    if (place.length === 0) throw this.refuse(entry.path, 'it is a file in place of the folder');
    await this.makeFolder(place.slice(0, -1));
    const file = await open(join(this.folder, ...place), 'wx').catch((thrown: NodeJS.ErrnoException) => {
      throw thrown.code === 'EEXIST' ? this.refuse(entry.path, 'the same name occurs twice') : thrown;
    });
    try {
      for await (const chunk of entry) await file.write(chunk);
    } finally {
      await file.close();
    }
    this.progress?.(++this.files, this.declared);
  }
}

/** POSIX and GNU tar alike say so in the first header. */
const isTar = (start: Buffer): boolean => start.length >= 512 && start.toString('latin1', 257, 262) === 'ustar';

const tooLarge = ({ bytes }: ArchiveLimits): string => `it unpacks to more than ${bytes} bytes`;
const damaged = (path: string, detail: string): AppError => new AppError('archive.damaged', { path, detail });
