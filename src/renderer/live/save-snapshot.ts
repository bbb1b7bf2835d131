import { comparisonSentence, type ClassComparison } from '@shared/live/class-comparison';
import { pictureNote, type LiveSnapshot } from '@shared/live/snapshot';
import { call } from '../bridge/client';
import type { ShownPicture } from './shown-picture';
import type { ShownSide } from './shown-side';

/** What a snapshot is made of. */
export interface Snapped {
  picture: ShownPicture;
  shown: readonly ShownSide[];
  source: string;
  label: string | undefined;
  agreement: { both: number; agreeing: number };
  comparison: ClassComparison | undefined;
}

/** One frame with what was said of it, by those who answered this very frame; undefined where nobody did. */
export function snapshotOf({ picture, shown, source, label, ...rest }: Snapped): LiveSnapshot | undefined {
  const sides = shown.flatMap(({ info, frame, answer, summary, dropped }) => {
    if (!answer || frame?.number !== picture.number) return [];
    const { name, target, sizeBytes, openMs } = info;
    const classNames = answer.top.map((row) => info.classNames?.[row.class] ?? String(row.class));
    return [{ name, target, sizeBytes, openMs, answer, classNames, dropped, ...summary }];
  });
  if (sides.length === 0) return undefined;
  const { both, agreeing } = rest.agreement;
  const isCompared = rest.comparison !== undefined && 'classOf' in rest.comparison;
  return {
    takenAt: new Date().toISOString(),
    source,
    label,
    picture: picture.dataUrl,
    picturePixels: picture.pixels,
    framePixels: picture.framePixels,
    sides,
    agreement: isCompared ? { both, agreeing } : undefined,
    comparison: comparisonSentence(rest.comparison),
  };
}

/** Saves it as a page where a person says. Answers what was done, in words; undefined where they chose nothing. Throws as `call`. */
export async function saveSnapshot(snapshot: LiveSnapshot): Promise<string | undefined> {
  const saved = await call('shell.saveLiveSnapshot', { snapshot, suggestedName: 'live.html' });
  return saved ? [`Saved ${saved.path}`, pictureNote(snapshot)].filter(Boolean).join('. ') : undefined;
}
