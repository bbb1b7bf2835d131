import { basename } from 'node:path';
import { splits } from '@shared/dataset';
import { AppError } from '@shared/errors';
import type { LiveAnswer } from '@shared/live/answer';
import type { LiveFrame } from '@shared/live/frame';
import type { LiveDeployment, LiveImages, LiveSessionInfo, LiveSideInfo, LiveSource } from '@shared/live/session';
import { heightAndWidth } from '@shared/model-card';
import { targetName } from '@shared/sweep-file';
import type { Engine } from './create-engine';
import type { Dataset, ImageSet } from './dataset/dataset';
import { classNamesOf, imagesFor, knownClasses } from './dataset/map-classes';
import { openDataset } from './dataset/open-dataset';
import { readImage } from './dataset/read-image';
import { thumbnail } from './dataset/thumbnail';
import { builtFile } from './files/built-file';
import { liveSide, type NamedSide } from './live-deployment';
import { compareClasses } from './live/compare-classes';
import { Guests } from './live/guests';
import { LiveSession } from './live/live-session';
import type { Executor } from './sweep/executor';

/** Large enough for the whole window. */
const pictureSidePixels = 1280;

type Sources = Pick<Engine, 'workspace' | 'runs' | 'modelFolder'> & { executor: Pick<Executor, 'beside'> };

/** What is open, or on its way. */
interface Desk {
  id: string;
  abort: AbortController;
  opened?: { session: LiveSession; sides: readonly NamedSide[] };
}

/** The one session of Live that an engine has open. All that it computes is a guest of the cores: times that are taken meanwhile stay true. */
export class LiveDesk {
  private current: Desk | undefined;
  private readonly guests: Guests;

  /** @param waits hears when something begins to wait for a measurement, and when nothing does any more */
  constructor(
    private readonly sources: Sources,
    waits?: (isWaiting: boolean) => void,
  ) {
    this.guests = new Guests((signal, work, hear) => sources.executor.beside(signal, work, hear), waits);
  }

  /**
   * @param id by which the session is called, and closed also while it is opening
   * Throws as `liveSide` and `LiveSession.open`; `live.closed` where it was closed, or another opened, meanwhile.
   */
  async open(id: string, deployments: readonly LiveDeployment[]): Promise<LiveSessionInfo> {
    this.closeAny();
    const desk: Desk = { id, abort: new AbortController() };
    this.current = desk;
    const { guests } = this;
    try {
      return await this.guest(desk, async () => {
        const sides = await Promise.all(deployments.map((deployment) => liveSide(deployment, this.sources)));
        const orders = sides.map(({ order }) => order);
        const workerPath = builtFile('live-worker.js');
        const session = await LiveSession.open(orders, { workerPath, guests }, desk.abort.signal);
        if (desk.abort.signal.aborted) {
          session.close();
          throw new AppError('live.closed');
        }
        desk.opened = { session, sides };
        const [first, second] = sides;
        return {
          sides: sides.map((side, index) => sideInfo(side, session.openMs[index]!)),
          comparison: second && compareClasses(first!.order.card, second.order.card),
        };
      });
    } catch (thrown) {
      this.close(id);
      throw thrown;
    }
  }

  /** What a side says of a frame; null where a newer one came before its turn. Throws `live.closed` and as `LiveSession.classify`. */
  async classify(id: string, side: number, frame: LiveFrame): Promise<LiveAnswer | null> {
    return this.found(id).session.classify(side, frame);
  }

  /** Starts a side again whose process ended; the other goes on. Throws `live.closed` and as `LiveSession.reopen`. */
  async reopen(id: string, index: number): Promise<LiveSideInfo> {
    const { desk, session, sides } = this.found(id);
    const side = sides[index];
    if (!side) throw new AppError('live.closed');
    await this.guest(desk, () => session.reopen(index));
    return sideInfo(side, session.openMs[index]!);
  }

  /** Throws `live.closed` and as `openDataset`. */
  async openSource(id: string, source: LiveSource): Promise<LiveImages> {
    const { desk, session, sides } = this.found(id);
    const dataset = await this.guest(desk, () => this.datasetOf(source, desk.abort.signal));
    const { card } = sides[0]!.order;
    const all = imagesFor(dataset.eval, dataset, card);
    const hashes = 'hashes' in source ? source.hashes : undefined;
    session.images = hashes ? chosen(all, hashes) : all;
    const classes = knownClasses(session.images, dataset, card);
    return {
      name: dataset.name,
      isResized: session.images.alreadyResized,
      images: session.images.entries.map(({ path }, index) => ({ name: basename(path), ...classes[index] })),
      gone: hashes && hashes.length - session.images.entries.length,
    };
  }

  /** Throws `live.closed`, `live.no-image`, `image.broken`. */
  async picture(id: string, index: number): Promise<Uint8Array> {
    const { desk, session } = this.found(id);
    const { entries } = session.images;
    const entry = entries[index];
    if (!entry) throw new AppError('live.no-image', { index: index + 1, count: entries.length });
    return this.guest(desk, async () => thumbnail(await readImage(entry), entry.path, pictureSidePixels));
  }

  close(id: string): void {
    if (this.current?.id === id) this.closeAny();
  }

  private closeAny(): void {
    this.current?.abort.abort();
    this.current?.opened?.session.close();
    this.current = undefined;
  }

  private found(id: string): { desk: Desk } & NonNullable<Desk['opened']> {
    const desk = this.current;
    if (desk?.id !== id || !desk.opened) throw new AppError('live.closed');
    return { desk, ...desk.opened };
  }

  private async guest<T>({ abort: { signal } }: Desk, work: () => Promise<T>): Promise<T> {
    try {
      return await this.guests.run(signal, work);
    } catch (thrown) {
      throw signal.aborted ? new AppError('live.closed') : thrown;
    }
  }

  private datasetOf(source: LiveSource, signal: AbortSignal): Promise<Dataset> {
    const { runs, workspace } = this.sources;
    const spec = 'dataset' in source ? source.dataset : runs.record(source.run).sweep.dataset;
    return openDataset({ ...spec, trainPath: undefined }, { cacheFolder: workspace.cacheFolder, upTo: splits, signal });
  }
}

function sideInfo({ name, sizeBytes, order: { card, target } }: NamedSide, openMs: number): LiveSideInfo {
  return {
    name,
    target: targetName(target),
    sizeBytes,
    resize: card.preprocess.resize,
    crop: [...heightAndWidth(card.preprocess.crop)],
    classes: card.output.classes,
    classNames: classNamesOf(card)?.slice(),
    openMs,
  };
}

/** Those of the set that are named, in that order; others are gone from the dataset. */
function chosen(set: ImageSet<'eval'>, hashes: readonly string[]): ImageSet<'eval'> {
  const byHash = new Map(set.entries.map((entry) => [entry.hash, entry]));
  return { ...set, entries: hashes.flatMap((hash) => byHash.get(hash) ?? []) };
}
