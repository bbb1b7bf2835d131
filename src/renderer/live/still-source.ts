import type { LiveFrame } from '@shared/live/frame';
import type { LiveImages } from '@shared/live/session';
import type { OfferedFrame } from './live-sides';
import { shownPicture } from './shown-picture';
import type { OpenSource, SourceContext } from './source';

export interface Stills {
  images: LiveImages;
  /** What shows is what the networks get, not a copy of it to look at. */
  isFrame: boolean;
  /** An image file to look at. */
  pictureOf(index: number): Promise<Uint8Array>;
  contentOf(index: number): LiveFrame;
}

/** Images one after another. */
export function openStill(
  { canvas, sides, sized, moved, ended }: SourceContext,
  { images, isFrame, pictureOf, contentOf }: Stills,
): OpenSource {
  const last = images.images.length - 1;
  let at = 0;
  /** Of the frame that shows. */
  let number = -1;
  /** Of the playing under way: another number ends it. */
  let playing = 0;
  let showing = Promise.resolve();
  let isShown = false;
  let isClosed = false;

  /** The image at this place, as a frame for a side. */
  const frameAt = (index: number): OfferedFrame => {
    const { name, label } = images.images[index]!;
    const take = (): Promise<LiveFrame> => Promise.resolve(contentOf(index));
    return { number, image: name, label, take, release: () => undefined };
  };
  async function present(index: number): Promise<void> {
    at = index;
    moved(index);
    // What cannot be shown is said by the sides, which cannot read it either.
    const picture = await pictureOf(index)
      .then((bytes) => createImageBitmap(new Blob([new Uint8Array(bytes)]), { imageOrientation: 'none' }))
      .catch(() => undefined);
    if (isClosed || at !== index) return picture?.close();
    canvas.width = picture?.width ?? 1;
    canvas.height = picture?.height ?? 1;
    isShown = picture !== undefined;
    if (picture) canvas.getContext('2d')!.drawImage(picture, 0, 0);
    sized({ width: canvas.width, height: canvas.height });
    picture?.close();
    number++;
    await sides.askAll(() => frameAt(index));
  }
  const show = (index: number): Promise<void> => (showing = present(index));

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
    async again(side) {
      if (number >= 0) await sides.askOne(side, () => frameAt(at));
    },
    async settle() {
      playing++;
      await showing;
      await sides.idle();
      return isClosed || !isShown ? undefined : shownPicture(canvas, canvas, { element: canvas, number, isFrame });
    },
    close() {
      playing++;
      isClosed = true;
    },
  };
}
