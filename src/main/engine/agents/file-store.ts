import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { Objm, type ObjectStore } from '@nats-io/obj';
import type { JetStreamManager } from '@nats-io/jetstream';
import { AppError } from '@shared/errors';
import { freeBytes } from '../files/free-space';
import { writeError } from '../files/atomic-file';
import type { Link } from './link';
import { unlessAborted } from './patience';
import { fileBucket } from './protocol';

const keptMs = 90 * 24 * 3600_000;
/** So often in a row nothing at all comes before the file is taken for gone: its entry may outlive its bytes. */
const mostStalls = 3;
/** Left on the disk whatever comes. */
const spareBytes = 64 * 1024 * 1024;
/** What is remembered to be in the store; longer ago it is looked at again. */
const rememberedMs = 10 * 60_000;

export interface Traffic {
  receivedBytes: number;
  sentBytes: number;
}

/** Files by name on the server; names are hashes of what they hold. */
export class FileStore {
  readonly traffic: Traffic = { receivedBytes: 0, sentBytes: 0 };
  private readonly seen = new Map<string, number>();

  /** @param stalledMs a download of which nothing came for so long is begun anew */
  constructor(
    private readonly link: Link,
    private readonly stalledMs = 20_000,
  ) {
    link.onMissing(() => this.prepare());
  }

  async prepare(): Promise<void> {
    await this.link.ask(async (stream) => {
      await new Objm(stream).create(fileBucket, { ttl: keptMs * 1e6 });
    });
  }

  async has(name: string, signal?: AbortSignal): Promise<boolean> {
    const at = this.seen.get(name);
    if (at !== undefined && Date.now() - at < rememberedMs) return true;
    const found = await this.link.ask(async (_stream, manager) => (await openBucket(manager)).info(name), signal);
    if (!found || found.deleted) return false;
    this.seen.set(name, Date.now());
    return true;
  }

  /** Somebody did not find it. */
  forget(name: string): void {
    this.seen.delete(name);
  }

  /** Uploads what is not there yet. @param read called anew for each attempt */
  async put(name: string, sizeBytes: number, read: () => Readable, signal?: AbortSignal): Promise<void> {
    if (await this.has(name, signal)) return;
    await this.link.ask(async (_stream, manager) => {
      const source = read();
      try {
        await (
          await openBucket(manager)
        ).put({ name }, Readable.toWeb(source) as unknown as Parameters<ObjectStore['put']>[1], { timeout: 10_000 });
      } finally {
        source.destroy();
      }
    }, signal);
    this.traffic.sentBytes += sizeBytes;
    this.seen.set(name, Date.now());
  }

  /** Uploads bytes under their hash. */
  async putBytes(bytes: Uint8Array, signal?: AbortSignal): Promise<{ sha256: string; sizeBytes: number }> {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    await this.put(sha256, bytes.length, () => Readable.from([bytes], { objectMode: false }), signal);
    return { sha256, sizeBytes: bytes.length };
  }

  async putFile(name: string, path: string, sizeBytes: number, signal?: AbortSignal): Promise<void> {
    await this.put(name, sizeBytes, () => Readable.from(bytesOf(path), { objectMode: false }), signal);
  }

  /**
   * Fetches a file whose size was announced. What holds anything else, or more, is not kept, here or on the server.
   * Throws `agents.gone`, `agents.damaged`, `output.disk-full`, `output.unwritable`.
   */
  async fetch(
    { name, sizeBytes, sha256 }: { name: string; sizeBytes: number; sha256: string },
    path: string,
    signal: AbortSignal,
  ): Promise<void> {
    await this.stream({ name, sizeBytes, folder: dirname(path) }, signal, async (chunks) => {
      const file = await open(path, 'w').catch((thrown: unknown) => {
        throw writeError(path, thrown);
      });
      try {
        const hash = createHash('sha256');
        for await (const chunk of chunks) {
          hash.update(chunk);
          await writeAll(file, chunk, path);
        }
        if (hash.digest('hex') !== sha256) throw new AppError('agents.damaged', { file: name });
      } catch (thrown) {
        await rm(path, { force: true });
        throw thrown;
      } finally {
        await file.close();
      }
    });
  }

  /** The bytes of an object as they come. Throws `agents.gone`, `agents.damaged`. */
  async *chunks(bucket: ObjectStore, name: string, sizeBytes: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const info = await bucket.info(name);
    // A link may lead in a circle.
    if (info?.options?.link) throw new AppError('agents.damaged', { file: name });
    const found = info && (await within(bucket.get(name), this.stalledMs));
    if (!found) {
      this.forget(name);
      throw new AppError('agents.gone', { file: name });
    }
    found.error.catch(() => undefined);
    if (found.info.size !== sizeBytes) throw new AppError('agents.damaged', { file: name });
    const reader = found.data.getReader();
    let left = sizeBytes;
    try {
      for (;;) {
        const { done, value } = await within(unlessAborted(reader.read(), signal), this.stalledMs).catch(
          (thrown: unknown) => {
            if (/corrupt object/.test((thrown as Error).message)) throw new AppError('agents.damaged', { file: name });
            throw left === sizeBytes && thrown instanceof Stalled ? thrown : new Error('the download ended early');
          },
        );
        if (done) break;
        left -= value.length;
        if (left < 0) throw new AppError('agents.damaged', { file: name });
        this.traffic.receivedBytes += value.length;
        yield value;
      }
      if (left > 0) throw new Error('the download ended early');
    } finally {
      await reader.cancel().catch(() => undefined);
    }
  }

  /**
   * As `chunks`, over all reconnections where `take` begins anew each time. What is not what it should be is removed: only then is it uploaded again.
   * @param folder where it will lie
   * Throws `agents.gone`, `agents.damaged`, `output.disk-full`, `output.unwritable`, and what `take` throws.
   */
  async stream(
    { name, sizeBytes, folder }: { name: string; sizeBytes: number; folder: string },
    signal: AbortSignal,
    take: (chunks: AsyncIterable<Uint8Array>) => Promise<void>,
  ): Promise<void> {
    await ensureRoom(folder, sizeBytes);
    let stalls = 0;
    await this.link.ask(async (_stream, manager) => {
      const bucket = await openBucket(manager);
      try {
        await take(this.chunks(bucket, name, sizeBytes, signal));
      } catch (thrown) {
        const isGone = thrown instanceof Stalled && ++stalls >= mostStalls;
        const isDamaged = thrown instanceof AppError && thrown.code === 'agents.damaged';
        if (isGone || isDamaged) {
          this.forget(name);
          await bucket.delete(name).catch(() => undefined);
        }
        throw isGone ? new AppError('agents.gone', { file: name }) : thrown;
      }
    }, signal);
  }

  /** Removes what was stored longest ago until the rest is within the limit. Answers how many files went. */
  async prune(limitBytes: number): Promise<number> {
    return this.link.ask(async (_stream, manager) => {
      const bucket = await openBucket(manager);
      let { size } = await bucket.status();
      if (size <= limitBytes) return 0;
      const all = (await bucket.list())
        .filter(({ deleted }) => !deleted)
        .sort((a, b) => a.mtime.localeCompare(b.mtime));
      let removed = 0;
      for (const { name, size: bytes } of all) {
        if (size <= limitBytes) break;
        await bucket.delete(name);
        this.forget(name);
        size -= bytes;
        removed++;
      }
      return removed;
    });
  }
}

const openBucket = (manager: JetStreamManager): Promise<ObjectStore> =>
  new Objm(manager.jetstream()).open(fileBucket, false);

/** Throws `model.changed` where it cannot be read to its end. */
async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path)) yield chunk as Uint8Array;
  } catch (cause) {
    throw new AppError('model.changed', { path }, { cause });
  }
}

/** Before a byte is fetched. Throws `output.disk-full`, `output.unwritable`. */
async function ensureRoom(folder: string, bytes: number): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((thrown: unknown) => {
    throw writeError(folder, thrown);
  });
  const free = await freeBytes(folder);
  if (free !== undefined && free < bytes + spareBytes) throw new AppError('output.disk-full', { path: folder });
}

async function writeAll(file: FileHandle, chunk: Uint8Array, path: string): Promise<void> {
  await file.writeFile(chunk).catch((thrown: unknown) => {
    throw writeError(path, thrown);
  });
}

/** Nothing came for too long. */
class Stalled extends Error {}

function within<T>(work: Promise<T>, limitMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Stalled()), limitMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
