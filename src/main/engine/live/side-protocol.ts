import type { ErrorReport } from '@shared/errors';
import type { LiveAnswer } from '@shared/live/answer';
import type { LiveFrame } from '@shared/live/frame';
import type { ModelCard } from '@shared/model-card';
import type { Target } from '@shared/sweep-file';
import type { ImageEntry } from '../dataset/dataset';

/** What a side runs, and on what. */
export interface SideOrder {
  modelPath: string;
  card: ModelCard;
  target: Target;
}

/** A frame where it is classified: an image of a source by its file, everything else as it came. */
export type SideFrame =
  Exclude<LiveFrame, { kind: 'image' }> | { kind: 'image'; entry: ImageEntry; alreadyResized: boolean };

/** To a side's process: what to open first, then frames one at a time. */
export type ToSide = { order: SideOrder } | { frame: SideFrame };

/** What it answers, one message each. */
export type FromSide = { openMs: number } | { answer: LiveAnswer } | { error: ErrorReport };
