import type { LiveFrame } from '@shared/live/frame';
import type { OfferedFrame } from './live-sides';
import type { Size } from './shown-picture';

/** The pixels of a frame whose layout the browser does not tell, as of some cameras and of frames that stay on the graphics card. */
function drawn(frame: VideoFrame): LiveFrame {
  const { displayWidth: width, displayHeight: height } = frame;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!;
  context.drawImage(frame, 0, 0);
  return { kind: 'pixels', width, height, rgba: Uint8Array.from(context.getImageData(0, 0, width, height).data) };
}

/** One frame of a camera or a video, held until it is closed: what is asked about it and what is kept of it is the same picture. */
export class MovingFrame {
  readonly picture: VideoFrame;

  constructor(
    video: HTMLVideoElement,
    readonly number: number,
    private readonly image: string | undefined,
  ) {
    this.picture = new VideoFrame(video);
  }

  get size(): Size {
    return { width: this.picture.displayWidth, height: this.picture.displayHeight };
  }

  /** For one side: the pixels are copied when it takes them, also after this one was closed. */
  offered(): OfferedFrame {
    const frame = this.picture.clone();
    return {
      number: this.number,
      image: this.image,
      release: () => frame.close(),
      async take(): Promise<LiveFrame> {
        if (frame.format === null) return drawn(frame);
        const { width, height } = frame.visibleRect ?? { width: frame.codedWidth, height: frame.codedHeight };
        const rgba = new Uint8Array(frame.allocationSize({ format: 'RGBA', colorSpace: 'srgb' }));
        await frame.copyTo(rgba, { format: 'RGBA', colorSpace: 'srgb' });
        return { kind: 'pixels', width, height, rgba };
      },
    };
  }

  close(): void {
    this.picture.close();
  }
}
