import { MovingFrame } from './moving-frame';
import { openCamera, watchFrames } from './moving-picture';
import { shownPicture } from './shown-picture';
import type { ChosenSource, OpenSource, SourceContext } from './source';

type Moving = Extract<ChosenSource, { kind: 'camera' | 'video' }>;

/** A camera or a video file. Throws a sentence for people. */
export async function openMoving(chosen: Moving, context: SourceContext): Promise<OpenSource> {
  if (chosen.kind === 'camera') return moving(context, await showCamera(context, chosen.device));
  return moving(context, await showFile(chosen.file, context), chosen.file.name);
}

/** Answers what lets go of the camera. */
async function showCamera({ video, signal, lost }: SourceContext, device?: string): Promise<() => void> {
  const stream = await openCamera(device);
  const release = (): void => {
    for (const track of stream.getTracks()) track.stop();
    // By now it may show another.
    if (video.srcObject === stream) video.srcObject = null;
  };
  if (signal.aborted) {
    release();
    throw new Error('closed');
  }
  for (const track of stream.getTracks())
    track.addEventListener('ended', () => lost('The camera went away. Connect it again and start again.'), { signal });
  video.srcObject = stream;
  return release;
}

/** Answers what lets go of the file. */
async function showFile(file: File, { video, signal }: SourceContext): Promise<() => void> {
  const url = URL.createObjectURL(file);
  const release = (): void => {
    if (video.src === url) {
      video.removeAttribute('src');
      video.load();
    }
    URL.revokeObjectURL(url);
  };
  const canPlay = playable(video, signal);
  video.src = url;
  try {
    await canPlay;
    return release;
  } catch (cause) {
    release();
    const sentence = `${file.name} cannot be played here. Convert it to MP4 (H.264) or WebM, or choose another file.`;
    throw new Error(sentence, { cause });
  }
}

/** Resolves when the element has a first picture; rejects when it cannot show what it was given, or when the signal fires. */
function playable(video: HTMLVideoElement, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settled = new AbortController();
    const once = (target: EventTarget, name: string, settle: () => void): void =>
      target.addEventListener(
        name,
        () => {
          settled.abort();
          settle();
        },
        { once: true, signal: settled.signal },
      );
    once(video, 'loadeddata', resolve);
    once(video, 'error', () => reject(new Error('error')));
    once(signal, 'abort', () => reject(new Error('closed')));
  });
}

/** @param release lets go of what the element shows */
function moving({ video, sides, sized, ended }: SourceContext, release: () => void, name?: string): OpenSource {
  let number = 0;
  /** Of the playing under way: another number ends it. */
  let playing = 0;
  /** The one that was asked about last. */
  let shown: MovingFrame | undefined;
  let unwatch: (() => void) | undefined;
  const measure = (): void => sized({ width: video.videoWidth, height: video.videoHeight });
  const next = (): MovingFrame => {
    shown?.close();
    return (shown = new MovingFrame(video, number++, name));
  };
  /** Whether it plays, and nobody wanted otherwise meanwhile. */
  const start = async (): Promise<boolean> => {
    const mine = ++playing;
    try {
      await video.play();
    } catch (thrown) {
      if (mine === playing) throw thrown;
    }
    return mine === playing;
  };
  const pause = (): void => {
    playing++;
    unwatch?.();
    unwatch = undefined;
    video.pause();
  };
  const finish = (): void => {
    pause();
    ended();
  };
  video.addEventListener('resize', measure);
  video.addEventListener('ended', finish);
  return {
    isMoving: true,
    async play() {
      if (!(await start())) return;
      measure();
      unwatch ??= watchFrames(video, () => {
        const frame = next();
        sides.offer(() => frame.offered());
      });
    },
    pause,
    async step(by) {
      pause();
      if (by !== 0) {
        if (!(await start())) return;
        const mine = playing;
        await new Promise<void>((resolve) => video.requestVideoFrameCallback(() => resolve()));
        if (mine !== playing) return;
        video.pause();
      }
      measure();
      const frame = next();
      await sides.askAll(() => frame.offered());
    },
    async again(side) {
      const frame = shown;
      // While it plays the side gets the next frame anyway.
      if (frame && !unwatch) await sides.askOne(side, () => frame.offered());
    },
    async settle() {
      pause();
      await sides.idle();
      return shown && shownPicture(shown.picture, shown.size, { element: video, number: shown.number, isFrame: true });
    },
    close() {
      pause();
      shown?.close();
      shown = undefined;
      video.removeEventListener('resize', measure);
      video.removeEventListener('ended', finish);
      release();
    },
  };
}
