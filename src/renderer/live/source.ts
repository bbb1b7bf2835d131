import type { LiveImages, LiveSource } from '@shared/live/session';
import type { LiveClient } from './live-client';
import type { LiveSides } from './live-sides';
import type { ShownPicture, Size } from './shown-picture';

export type ChosenSource =
  | { kind: 'camera'; device?: string }
  | { kind: 'photo'; file: File }
  | { kind: 'video'; file: File }
  | { kind: 'images'; source: LiveSource };

export interface SourceContext {
  client: LiveClient;
  session: string;
  sides: LiveSides;
  video: HTMLVideoElement;
  canvas: HTMLCanvasElement;
  /** Somebody wants another source, or none: what opens late must touch nothing that shows. */
  signal: AbortSignal;
  /** The picture has this size. */
  sized(size: Size): void;
  /** An image of the list shows. */
  moved(place: number): void;
  /** There is nothing more to play. */
  ended(): void;
  /** There will be no more pictures; with a sentence for people. */
  lost(sentence: string): void;
}

export interface OpenSource {
  /** Frames come by themselves. */
  isMoving: boolean;
  /** What it steps through; absent for frames without names. */
  images?: LiveImages;
  play(): Promise<void>;
  pause(): void;
  /** Shows the next frame (1), the one before (-1, of images) or the same again (0); resolves when every side has answered it. */
  step(by: -1 | 0 | 1): Promise<void>;
  /** Asks one side about the frame that shows, which it did not answer. */
  again(side: 0 | 1): Promise<void>;
  /** Pauses; resolves with the frame that shows once every side has answered it, or undefined where none does. */
  settle(): Promise<ShownPicture | undefined>;
  close(): void;
}
