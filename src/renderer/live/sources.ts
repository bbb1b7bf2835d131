import type { LiveImages, LiveSource } from '@shared/live/session';
import type { LiveClient } from './live-client';
import type { LiveSides, OfferedFrame } from './live-sides';
import { currentFrame, openCamera, watchFrames } from './moving-picture';

export type ChosenSource =
  { kind: 'camera' } | { kind: 'photo' | 'video'; file: File } | { kind: 'images'; source: LiveSource };

export interface SourceContext {
  client: LiveClient;
  session: string;
  sides: LiveSides;
  video: HTMLVideoElement;
  canvas: HTMLCanvasElement;
  /** The picture has this size. */
  sized(size: { width: number; height: number }): void;
  /** An image of the list shows. */
  moved(place: number): void;
  /** There is nothing more to play. */
  ended(): void;
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
  /** What shows, as a PNG data URL. */
  picture(): string | undefined;
  close(): void;
}

/** Opens what a person chose. Throws a sentence for people. */
export async function openSource(chosen: ChosenSource, context: SourceContext): Promise<OpenSource> {
  switch (chosen.kind) {
    case 'camera': {
      const stream = await openCamera();
      context.video.srcObject = stream;
      const close = (): void => {
        for (const track of stream.getTracks()) track.stop();
        context.video.srcObject = null;
      };
      return movingSource(context, close);
    }
    case 'video': {
      const url = URL.createObjectURL(chosen.file);
      context.video.src = url;
      const close = (): void => {
        context.video.removeAttribute('src');
        context.video.load();
        URL.revokeObjectURL(url);
      };
      try {
        await once(context.video, 'loadeddata', 'error');
      } catch {
        close();
        throw new Error(
          `${chosen.file.name} cannot be played here. Convert it to MP4 (H.264) or WebM, or choose another file.`,
        );
      }
      return movingSource(context, close, chosen.file.name);
    }
    case 'photo': {
      const bytes = new Uint8Array(await chosen.file.arrayBuffer());
      const images = { name: chosen.file.name, isResized: false, images: [{ name: chosen.file.name }] };
      const content = { kind: 'file', name: chosen.file.name, bytes } as const;
      return stillSource(
        context,
        images,
        () => Promise.resolve(bytes),
        () => content,
      );
    }
    case 'images': {
      const { client, session } = context;
      const images = await client.call('live.source', { session, source: chosen.source });
      if (images.images.length === 0) throw new Error(`There are no images in ${images.name}. Choose another source.`);
      const picture = (index: number): Promise<Uint8Array> => client.call('live.picture', { session, index });
      return stillSource(context, images, picture, (index) => ({ kind: 'image', index }));
    }
  }
}

/** Resolves with the first of two events, rejects with the second. */
function once(element: HTMLElement, good: string, bad: string): Promise<void> {
  return new Promise((resolve, reject) => {
    element.addEventListener(good, () => resolve(), { once: true });
    element.addEventListener(bad, () => reject(new Error(bad)), { once: true });
  });
}

function movingSource({ video, sides, sized, ended }: SourceContext, release: () => void, name?: string): OpenSource {
  let number = 0;
  let unwatch: (() => void) | undefined;
  const measure = (): void => sized({ width: video.videoWidth, height: video.videoHeight });
  const ask = (): Promise<void> => {
    const mine = number++;
    return sides.askAll(() => currentFrame(video, mine, name));
  };
  video.addEventListener('resize', measure);
  video.addEventListener('ended', ended);
  const pause = (): void => {
    unwatch?.();
    unwatch = undefined;
    video.pause();
  };
  return {
    isMoving: true,
    async play() {
      await video.play();
      measure();
      unwatch ??= watchFrames(video, () => {
        const mine = number++;
        sides.offer(() => currentFrame(video, mine, name));
      });
    },
    pause,
    async step(by) {
      pause();
      if (by !== 0) {
        await video.play();
        await new Promise<void>((resolve) => video.requestVideoFrameCallback(() => resolve()));
        video.pause();
      }
      measure();
      await ask();
    },
    picture: () => pngOf(video, video.videoWidth, video.videoHeight),
    close() {
      pause();
      video.removeEventListener('resize', measure);
      video.removeEventListener('ended', ended);
      release();
    },
  };
}

/**
 * Images one after another, each answered before the next shows.
 * @param pictureOf its file, or a smaller JPEG of it
 */
function stillSource(
  { canvas, sides, sized, moved, ended }: SourceContext,
  images: LiveImages,
  pictureOf: (index: number) => Promise<Uint8Array>,
  contentOf: (index: number) => Awaited<ReturnType<OfferedFrame['take']>>,
): OpenSource {
  const last = images.images.length - 1;
  let at = 0;
  let number = 0;
  /** Of the playing under way: another number ends it. */
  let playing = 0;
  let isClosed = false;

  async function show(index: number): Promise<void> {
    at = index;
    moved(index);
    // What cannot be shown is said by the sides, which cannot read it either.
    const picture = await pictureOf(index)
      .then((bytes) => createImageBitmap(new Blob([new Uint8Array(bytes)]), { imageOrientation: 'none' }))
      .catch(() => undefined);
    if (isClosed || at !== index) return picture?.close();
    canvas.width = picture?.width ?? 1;
    canvas.height = picture?.height ?? 1;
    if (picture) canvas.getContext('2d')!.drawImage(picture, 0, 0);
    sized({ width: canvas.width, height: canvas.height });
    picture?.close();
    const { name, label } = images.images[index]!;
    const facts = { number: number++, image: name, label };
    await sides.askAll(() => ({ ...facts, take: () => Promise.resolve(contentOf(index)), release: () => undefined }));
  }
  return {
    isMoving: false,
    images,
    async play() {
      const mine = ++playing;
      if (at === last) at = -1;
      while (mine === playing && at < last) await show(at + 1);
      if (mine === playing) ended();
    },
    pause: () => void playing++,
    async step(by) {
      playing++;
      await show(Math.min(last, Math.max(0, at + by)));
    },
    picture: () => canvas.toDataURL('image/png'),
    close() {
      playing++;
      isClosed = true;
    },
  };
}

function pngOf(picture: CanvasImageSource, width: number, height: number): string | undefined {
  if (width === 0 || height === 0) return undefined;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  canvas.getContext('2d')!.drawImage(picture, 0, 0);
  return canvas.toDataURL('image/png');
}
