import { mkdir, open, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { AppError } from '@shared/errors';
import { moveIntoPlace, writeError } from '../files/atomic-file';
import { freeBytes } from '../files/free-space';
import { hashFile } from '../files/hash-file';
import { openTransfer, type Transfer } from './transfer';

/** A file of which everything is known before it is asked for. */
export interface Source {
  /** Where it is served, the first choice first. */
  urls: readonly string[];
  bytes: number;
  /** Hex. */
  sha256: string;
}

export interface DownloadOptions {
  signal?: AbortSignal;
  progress?(doneBytes: number, totalBytes: number): void;
  /** Before the first new attempt; twice as long before each next. */
  retryMs?: number;
  idleMs?: number;
}

/** Attempts in a row that brought nothing new. */
const barrenLimit = 5;
/** Answers that were not what they should be: two may be bad luck on the way, three are another file. */
const wrongLimit = 3;

/**
 * Fetches a file to `path`, where it appears only when length and sha256 are the expected ones. What has arrived is kept beside it
 * under a hidden name, also across calls, and asked for no more; a file that turns out wrong is deleted and fetched again.
 * Throws `download.insecure`, `download.unreachable`, `download.refused`, `download.damaged`, `output.*` and `cancelled`.
 */
export async function download(source: Source, path: string, options: DownloadOptions = {}): Promise<void> {
  if (await isThere(path, source)) return;
  const part = join(dirname(path), `.${basename(path).slice(0, 40)}.${source.sha256.slice(0, 12)}.part`);
  await makeRoom(part, source);
  let failure: AppError | undefined;
  for (const url of source.urls) {
    try {
      await fetchWhole({ ...source, url }, part, options);
      return await moveIntoPlace(part, path);
    } catch (thrown) {
      if (!(thrown instanceof AppError) || !/^download\.(unreachable|refused|damaged)$/.test(thrown.code)) throw thrown;
      failure ??= thrown;
    }
  }
  throw failure ?? new AppError('download.unreachable', { url: source.sha256, detail: 'no address is known' });
}

/** Whether the file is at its place already, checked by content. */
async function isThere(path: string, { bytes, sha256 }: Pick<Source, 'bytes' | 'sha256'>): Promise<boolean> {
  return (await sizeOf(path)) === bytes && (await hashFile(path)) === sha256;
}

interface OneSource extends Source {
  url: string;
}

async function fetchWhole(source: OneSource, part: string, options: DownloadOptions): Promise<void> {
  const { bytes, sha256, url } = source;
  const progress: Attempt = { etag: undefined };
  let barren = 0;
  for (let wrong = 0; ;) {
    const before = (await sizeOf(part)) ?? 0;
    const problem = before === bytes ? undefined : await attempt(source, part, before, progress, options);
    const now = (await sizeOf(part)) ?? 0;
    if (now === bytes) {
      if ((await hashFile(part)) === sha256) return;
      await rm(part, { force: true });
      if (++wrong >= wrongLimit) throw damaged(url, 'its sha256 is another one');
      continue;
    }
    if (problem?.isWrong) {
      await rm(part, { force: true });
      if (++wrong >= wrongLimit) throw damaged(url, problem.detail);
    }
    barren = now > before ? 0 : barren + 1;
    if (barren >= barrenLimit)
      throw new AppError('download.unreachable', { url, detail: problem?.detail ?? 'the connection was dropped' });
    await pause((options.retryMs ?? 1000) * 2 ** Math.max(0, barren - 1), options.signal);
  }
}

/** What is remembered from one connection to the next. */
interface Attempt {
  etag: string | undefined;
}

interface Problem {
  detail: string;
  /** What is here cannot be a part of the file. */
  isWrong?: boolean;
}

/** One connection: appends what arrives to `part`. Answers what was wrong, unless the caller must know at once. */
async function attempt(
  source: OneSource,
  part: string,
  from: number,
  known: Attempt,
  options: DownloadOptions,
): Promise<Problem | undefined> {
  const { signal, idleMs = 30_000 } = options;
  let transfer: Transfer | undefined;
  try {
    transfer = await openTransfer(source.url, { from, etag: known.etag, idleMs, signal });
    const start = startOf(transfer, source, from);
    if (typeof start !== 'number') return start;
    const etag = transfer.headers.get('etag');
    known.etag = etag?.startsWith('"') ? etag : undefined;
    return await append(transfer.body, part, start, source.bytes, options);
  } catch (thrown) {
    if (signal?.aborted) throw new AppError('cancelled');
    if (thrown instanceof AppError) throw thrown;
    return { detail: reasonOf(thrown) };
  } finally {
    transfer?.close();
  }
}

/** At which byte of the file the answer begins, or what is wrong with it. @throws `download.refused` */
function startOf({ status, headers }: Transfer, { url, bytes }: OneSource, from: number): number | Problem {
  if (status === 416) return { detail: 'the server has no such part', isWrong: true };
  if (status === 429 || status >= 500) return { detail: `the server answers ${status}` };
  if (status !== 200 && status !== 206) throw new AppError('download.refused', { url, status });
  if (status === 206) {
    const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
    const isOurs = Number(first) === from && (total === '*' || Number(total) === bytes);
    return isOurs ? from : { detail: 'the server sends another part than it was asked for', isWrong: true };
  }
  const length = headers.get('content-length');
  if (length !== null && Number(length) !== bytes)
    return { detail: `it has ${length} bytes and not ${bytes}`, isWrong: true };
  return 0;
}

async function append(
  body: AsyncIterable<Uint8Array>,
  part: string,
  start: number,
  bytes: number,
  { progress, signal }: DownloadOptions,
): Promise<Problem | undefined> {
  const file = await open(part, start === 0 ? 'w' : 'r+').catch((thrown: unknown) => {
    throw writeError(part, thrown);
  });
  let at = start;
  try {
    for await (const chunk of body) {
      if (signal?.aborted) throw new AppError('cancelled');
      if (at + chunk.byteLength > bytes) return { detail: `it has more than ${bytes} bytes`, isWrong: true };
      await file.write(chunk, 0, chunk.byteLength, at).catch((thrown: unknown) => {
        throw writeError(part, thrown);
      });
      at += chunk.byteLength;
      progress?.(at, bytes);
    }
    return at < bytes ? { detail: 'the connection was dropped' } : undefined;
  } finally {
    await file.close();
  }
}

/** The folder, and the certainty that what is still to come fits on the disk. */
async function makeRoom(part: string, { bytes }: Source): Promise<void> {
  const folder = dirname(part);
  try {
    await mkdir(folder, { recursive: true });
  } catch (thrown) {
    throw writeError(folder, thrown);
  }
  const have = (await sizeOf(part)) ?? 0;
  if (have > bytes) await rm(part, { force: true });
  const free = await freeBytes(folder);
  if (free !== undefined && free < bytes - Math.min(have, bytes))
    throw new AppError('output.disk-full', { path: folder });
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => {
    throw new AppError('cancelled');
  });
}

async function sizeOf(path: string): Promise<number | undefined> {
  const facts = await stat(path).catch(() => undefined);
  return facts?.isFile() ? facts.size : undefined;
}

const damaged = (url: string, detail: string): AppError => new AppError('download.damaged', { url, detail });

/** fetch says only "fetch failed"; the reason lies beneath. */
function reasonOf(thrown: unknown): string {
  const cause = (thrown as { cause?: NodeJS.ErrnoException }).cause;
  const code = cause?.code ?? (thrown as NodeJS.ErrnoException).code;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'its name cannot be resolved';
  if (code === 'ECONNREFUSED') return 'it refuses the connection';
  return (cause?.message ?? (thrown as Error).message).split('\n')[0]!;
}
