import { basename } from 'node:path';
import { splits } from '@shared/dataset';
import { AppError } from '@shared/errors';
import type { LiveDeployment, LiveImages, LiveSessionInfo, LiveSource } from '@shared/live/session';
import { heightAndWidth } from '@shared/model-card';
import { targetName } from '@shared/sweep-file';
import type { Engine } from './create-engine';
import type { Dataset, ImageSet } from './dataset/dataset';
import { classNamesOf, imagesFor } from './dataset/map-classes';
import { openDataset } from './dataset/open-dataset';
import { readImage } from './dataset/read-image';
import { thumbnail } from './dataset/thumbnail';
import { builtFile } from './files/built-file';
import { liveSide, type NamedSide } from './live-deployment';
import { LiveSession } from './live/live-session';

/** Large enough for the whole window. */
const pictureSidePixels = 1280;

type Sources = Pick<Engine, 'workspace' | 'runs' | 'modelFolder' | 'executor'>;

/** The one session of Live that an engine has open. */
export class LiveDesk {
  private current: { session: LiveSession; sides: readonly NamedSide[] } | undefined;
  private opening = 0;

  /** @param waits hears when frames begin to wait for a measurement, and when they go on */
  constructor(
    private readonly sources: Sources,
    private readonly waits: (isWaiting: boolean) => void = () => undefined,
  ) {}

  /** Throws as `liveSide` and `LiveSession.open`; `live.closed` where another was opened meanwhile. */
  async open(deployments: readonly LiveDeployment[]): Promise<LiveSessionInfo> {
    this.closeAny();
    const mine = ++this.opening;
    const sides = await Promise.all(deployments.map((deployment) => liveSide(deployment, this.sources)));
    const session = await LiveSession.open(
      sides.map(({ order }) => order),
      {
        workerPath: builtFile('live-worker.js'),
        beside: (signal, work, waits) => this.sources.executor.beside(signal, work, waits),
        waits: this.waits,
      },
    );
    if (mine !== this.opening) {
      session.close();
      throw new AppError('live.closed');
    }
    this.current = { session, sides };
    return {
      session: session.id,
      sides: sides.map(({ name, sizeBytes, order: { card, target } }, index) => ({
        name,
        target: targetName(target),
        sizeBytes,
        resize: card.preprocess.resize,
        crop: [...heightAndWidth(card.preprocess.crop)],
        classes: card.output.classes,
        classNames: classNamesOf(card)?.slice(),
        openMs: session.openMs[index]!,
      })),
    };
  }

  /** Throws `live.closed`. */
  session(id: string): LiveSession {
    return this.found(id).session;
  }

  /** Throws `live.closed` and as `openDataset`. */
  async openSource(id: string, source: LiveSource): Promise<LiveImages> {
    const { session, sides } = this.found(id);
    const dataset = await this.datasetOf(source);
    const all = imagesFor(dataset.eval, dataset, sides[0]!.order.card);
    session.images = 'hashes' in source && source.hashes ? chosen(all, source.hashes) : all;
    return {
      name: dataset.name,
      isResized: session.images.alreadyResized,
      images: session.images.entries.map(({ path, label }) => ({
        name: basename(path),
        label: label < 0 ? undefined : label,
      })),
    };
  }

  /** Throws `live.closed`, `live.no-image`, `image.broken`. */
  async picture(id: string, index: number): Promise<Uint8Array> {
    const { entries } = this.session(id).images;
    const entry = entries[index];
    if (!entry) throw new AppError('live.no-image', { index: index + 1, count: entries.length });
    return thumbnail(await readImage(entry), entry.path, pictureSidePixels);
  }

  close(id: string): void {
    if (this.current?.session.id === id) this.closeAny();
  }

  private closeAny(): void {
    this.current?.session.close();
    this.current = undefined;
    this.waits(false);
  }

  private found(id: string): { session: LiveSession; sides: readonly NamedSide[] } {
    if (this.current?.session.id !== id) throw new AppError('live.closed');
    return this.current;
  }

  private datasetOf(source: LiveSource): Promise<Dataset> {
    const { runs, workspace } = this.sources;
    const spec = 'dataset' in source ? source.dataset : runs.record(source.run).sweep.dataset;
    return openDataset({ ...spec, trainPath: undefined }, { cacheFolder: workspace.cacheFolder, upTo: splits });
  }
}

/** Those of the set that are named, in that order; others are gone from the dataset. */
function chosen(set: ImageSet<'eval'>, hashes: readonly string[]): ImageSet<'eval'> {
  const byHash = new Map(set.entries.map((entry) => [entry.hash, entry]));
  return { ...set, entries: hashes.flatMap((hash) => byHash.get(hash) ?? []) };
}
