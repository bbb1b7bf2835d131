import type { EngineContract } from '@shared/contract';
import { recordCsv } from '@shared/live/record';
import type { Handlers } from '@shared/rpc';
import type { Engine } from './create-engine';
import { writeFileAtomic } from './files/atomic-file';
import { snapshotPage } from './live/snapshot-page';
import { LiveDesk } from './live-desk';
import { openAnyModel } from './models/model-folder';

export interface LiveEvents {
  /** Live begins to wait until latencies have been measured, or goes on. */
  liveWaits?(isWaiting: boolean): void;
}

type LiveName = Extract<keyof Handlers<EngineContract>, `live.${string}`>;

/** The engine's answers for Live. */
export function liveHandlers(engine: Engine, { liveWaits }: LiveEvents): Pick<Handlers<EngineContract>, LiveName> {
  const desk = new LiveDesk(engine, liveWaits);
  return {
    'live.model': async ({ path }) => {
      const { name, card, format } = await openAnyModel(path);
      return { path, title: card.title ?? name, format };
    },
    'live.open': ({ session, deployments }) => desk.open(session, deployments),
    'live.reopen': ({ session, side }) => desk.reopen(session, side),
    'live.source': ({ session, source }) => desk.openSource(session, source),
    'live.picture': ({ session, index }) => desk.picture(session, index),
    'live.frame': ({ session, side, frame }) => desk.classify(session, side, frame),
    'live.close': ({ session }) => desk.close(session),
    'live.saveSnapshot': async ({ snapshot, path }) => {
      await writeFileAtomic(path, snapshotPage(snapshot));
      return { path };
    },
    'live.saveRecord': async ({ record, path }) => {
      await writeFileAtomic(path, recordCsv(record));
      return { path };
    },
  };
}
