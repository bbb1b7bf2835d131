import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@shared/errors';
import { writeError, writeFileAtomic } from '../files/atomic-file';
import { folderBytes } from '../files/folder-bytes';
import { LocalContents } from '../sweep/local-contents';
import type { FileStore } from './file-store';
import { unpack, unpackedSet } from './image-pack';
import { imageListSchema, type AgentJob, type AnnouncedFile, type AnnouncedImages } from './protocol';

/** One thing that may go: a file or a folder, used as a whole. */
interface Item {
  path: string;
  bytes: number;
  usedAt: number;
}

/** What an agent keeps of models, images, artifacts and checkpoints: the least recently used goes first, never what a step uses. */
export class ContentCache {
  readonly contents: LocalContents;
  bytes = 0;
  hits = 0;
  private readonly items = new Map<string, Item>();
  /** How many steps use a path. */
  private readonly used = new Map<string, number>();
  private readonly fetching = new Map<string, Promise<void>>();

  constructor(
    private readonly folder: string,
    readonly limitBytes: number,
    private readonly store: FileStore,
  ) {
    this.contents = new LocalContents(folder);
  }

  /** Finds what is there from before. Throws `output.disk-full`, `output.unwritable`. */
  async open(): Promise<void> {
    await mkdir(this.folder, { recursive: true }).catch((thrown: unknown) => {
      throw writeError(this.folder, thrown);
    });
    await this.contents.artifacts.sweepIncoming();
    const artifacts = join(this.folder, 'artifacts');
    for (const part of await names(artifacts))
      for (const name of await names(join(artifacts, part))) await this.note(join(artifacts, part, name));
    for (const kind of ['models', 'images', 'lists', 'checkpoints'])
      for (const name of await names(join(this.folder, kind))) {
        const path = join(this.folder, kind, name);
        if (name.endsWith('.part')) await rm(path, { recursive: true, force: true });
        else await this.note(path);
      }
    await this.shrink(0);
  }

  /**
   * Makes everything that a job names findable here, and keeps it until `release`.
   * Throws `agents.too-large`, `agents.gone`, `agents.damaged`, `output.disk-full`, `output.unwritable`.
   */
  async gather(job: AgentJob, signal: AbortSignal): Promise<{ release(): void; fetchedBytes: number }> {
    const wanted = [
      ...job.files.flatMap(({ parts }) => parts.map(({ sizeBytes }) => sizeBytes)),
      ...job.images.flatMap(({ list, pack }) => [list.sizeBytes, pack.sizeBytes]),
    ];
    const total = wanted.reduce((sum, bytes) => sum + bytes, 0);
    // Before a byte is fetched.
    if (total > this.limitBytes) throw new AppError('agents.too-large', { bytes: total, limit: this.limitBytes });
    const paths: string[] = [];
    const checkpoints = join(this.folder, 'checkpoints', job.key);
    const release = (): void => {
      paths.forEach((path) => this.unuse(path));
      // Those of a training that was cancelled, or given back, stay as long as there is room.
      void this.note(checkpoints)
        .then(() => this.shrink(0))
        .catch(() => undefined);
    };
    const use = (path: string): void => {
      paths.push(path);
      this.used.set(path, (this.used.get(path) ?? 0) + 1);
    };
    const before = this.store.traffic.receivedBytes;
    use(checkpoints);
    try {
      for (const file of job.files) await this.file(file, use, signal);
      for (const images of job.images) await this.images(images, use, signal);
    } catch (thrown) {
      release();
      throw thrown;
    }
    return { release, fetchedBytes: this.store.traffic.receivedBytes - before };
  }

  /** An artifact was made here, which stays until what is answered is called. */
  async keep(path: string): Promise<() => void> {
    this.used.set(path, (this.used.get(path) ?? 0) + 1);
    await this.note(path);
    await this.shrink(0);
    return () => this.unuse(path);
  }

  private async file(
    { sha256, format, parts }: AnnouncedFile,
    use: (path: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const [first] = parts;
    if (parts.length === 1 && first!.sha256 === sha256) {
      const { artifacts } = this.contents;
      const path = artifacts.path(sha256, format);
      use(path);
      await this.once(path, async () => {
        if (await artifacts.isWhole(sha256, format)) return this.hit(path);
        await this.shrink(first!.sizeBytes);
        const incoming = artifacts.reserve(`${process.pid}-${sha256}`);
        await this.store.fetch({ name: sha256, sha256, sizeBytes: first!.sizeBytes }, incoming, signal);
        await artifacts.adopt(incoming, format);
        await this.note(path);
      });
      return;
    }
    const folder = join(this.folder, 'models', sha256);
    const model = join(folder, `model.${format}`);
    use(folder);
    await this.once(folder, async () => {
      if (existsSync(folder)) this.hit(folder);
      else {
        const temporary = `${folder}.part`;
        await rm(temporary, { recursive: true, force: true });
        await this.shrink(parts.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
        await orNothing(temporary, async () => {
          for (const { location, sha256: hash, sizeBytes } of parts)
            await this.store.fetch(
              { name: hash, sha256: hash, sizeBytes },
              join(temporary, location || `model.${format}`),
              signal,
            );
          await rename(temporary, folder);
        });
        await this.note(folder);
      }
      // Hashes what all files together are.
      await this.contents.addModel({ path: model, sha256, format: 'onnx' }).catch(async (thrown: unknown) => {
        await this.remove(folder);
        throw thrown;
      });
    });
  }

  private async images(
    { key, list, pack }: AnnouncedImages,
    use: (path: string) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const lists = join(this.folder, 'lists');
    const listPath = join(lists, `${list.sha256}.json`);
    const folder = join(this.folder, 'images', pack.name);
    use(folder);
    use(listPath);
    await this.once(`${folder} ${key}`, async () => {
      if (!existsSync(listPath)) {
        await this.shrink(list.sizeBytes + pack.sizeBytes);
        await this.store.fetch(
          { name: list.sha256, sha256: list.sha256, sizeBytes: list.sizeBytes },
          `${listPath}.part`,
          signal,
        );
        await rename(`${listPath}.part`, listPath);
        await this.note(listPath);
      }
      const parsed = imageListSchema.safeParse(JSON.parse(await readFile(listPath, 'utf8')));
      if (!parsed.success) throw new AppError('agents.damaged', { file: list.sha256 });
      const set = unpackedSet(parsed.data, folder, key);
      await this.once(folder, async () => {
        if (existsSync(folder)) return this.hit(folder);
        await this.shrink(pack.sizeBytes);
        await orNothing(`${folder}.part`, () =>
          this.store.stream({ ...pack, folder: join(this.folder, 'images') }, signal, (chunks) =>
            unpack(parsed.data, chunks, folder),
          ),
        );
        await this.note(folder);
      });
      await this.contents.addImages(set);
    });
  }

  /** Two steps that want the same fetch it once. */
  private async once(path: string, make: () => Promise<void>): Promise<void> {
    const others = this.fetching.get(path);
    if (others) {
      await others.catch(() => undefined);
      return this.once(path, make);
    }
    const made = make();
    this.fetching.set(path, made);
    try {
      await made;
    } finally {
      this.fetching.delete(path);
    }
  }

  private hit(path: string): void {
    this.hits++;
    this.touch(path);
  }

  private touch(path: string): void {
    const item = this.items.get(path);
    if (!item) return;
    item.usedAt = Date.now();
    void utimes(path, new Date(), new Date()).catch(() => undefined);
  }

  private unuse(path: string): void {
    const left = (this.used.get(path) ?? 1) - 1;
    if (left > 0) this.used.set(path, left);
    else this.used.delete(path);
    this.touch(path);
  }

  private async note(path: string): Promise<void> {
    const found = await stat(path).catch(() => undefined);
    const bytes = found?.isDirectory() ? await folderBytes(path) : (found?.size ?? 0);
    this.bytes += bytes - (this.items.get(path)?.bytes ?? 0);
    if (found) this.items.set(path, { path, bytes, usedAt: found.mtimeMs });
    else this.items.delete(path);
  }

  private async remove(path: string): Promise<void> {
    this.bytes -= this.items.get(path)?.bytes ?? 0;
    this.items.delete(path);
    await rm(path, { recursive: true, force: true });
  }

  /** Makes room for more. Throws `agents.too-large` where what is in use leaves none. */
  private async shrink(bytes: number): Promise<void> {
    if (this.bytes + bytes <= this.limitBytes) return;
    // Crops of images come back by themselves.
    if (this.used.size === 0) await rm(join(this.folder, 'cache', 'crops'), { recursive: true, force: true });
    for (const { path } of [...this.items.values()].sort((a, b) => a.usedAt - b.usedAt)) {
      if (this.bytes + bytes <= this.limitBytes) return;
      if (!this.used.has(path)) await this.remove(path);
    }
    if (bytes > 0 && this.bytes + bytes > this.limitBytes)
      throw new AppError('agents.too-large', { bytes, limit: this.limitBytes });
  }
}

/** What did not become whole takes no room. */
async function orNothing(temporary: string, make: () => Promise<void>): Promise<void> {
  try {
    await make();
  } catch (thrown) {
    await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw thrown;
  }
}

const names = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/** A small file of the agent's folder that outlives it. Throws `output.disk-full`, `output.unwritable`. */
export async function rememberedId(folder: string, make: () => string): Promise<string> {
  const path = join(folder, 'agent-id');
  const known = (await readFile(path, 'utf8').catch(() => '')).trim();
  if (/^[0-9a-f]{12}$/.test(known)) return known;
  const id = make();
  await mkdir(folder, { recursive: true }).catch((thrown: unknown) => {
    throw writeError(folder, thrown);
  });
  await writeFileAtomic(path, `${id}\n`);
  return id;
}
