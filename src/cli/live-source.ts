import { statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { datasetSpecSchema } from '@shared/dataset';
import { AppError } from '@shared/errors';
import type { LiveFrame } from '@shared/live/frame';
import type { ModelCard } from '@shared/model-card';
import { readImageFile } from '../main/engine/dataset/image-file';
import { imagesFor, knownClasses } from '../main/engine/dataset/map-classes';
import { openDataset } from '../main/engine/dataset/open-dataset';
import { jpegStream } from '../main/engine/live/jpeg-stream';
import type { LiveSession } from '../main/engine/live/live-session';
import { rawStream } from '../main/engine/live/raw-stream';

/** One frame of the command line. */
export interface CliFrame {
  frame: LiveFrame;
  /** File name; absent in a stream. */
  image?: string;
  /** Class; absent where it is unknown. */
  label?: number;
  /** Name of its class where the first model has none such. */
  foreign?: string;
}

export interface CliSource {
  frames: AsyncIterable<CliFrame>;
  /** Frames come whether or not somebody is ready: the newest wins. */
  isLive: boolean;
}

const videoName = /\.(mp4|m4v|mov|mkv|webm|avi|mpe?g|ts|wmv)$/i;
const usage = (detail: string): AppError => new AppError('usage', { detail: `live: ${detail}` });

/** What feeds standard input, for sentences. */
const command = (input: string): string => `ffmpeg ${input} -f mjpeg - | whittle live MODEL --source -`;

export interface SourceOptions {
  /** Size of raw RGB frames on standard input; absent: JPEG pictures. */
  raw?: { width: number; height: number };
  /** Of a stream, wait for every frame in place of dropping. */
  everyFrame: boolean;
  cacheFolder: string;
  card: ModelCard;
  session: LiveSession;
  input: AsyncIterable<Uint8Array> & { isTTY?: boolean };
}

/** The frames of `--source`. Throws `usage`, `dataset.*`, `image.broken`, and while they come `live.stream`. */
export async function openCliSource(source: string, options: SourceOptions): Promise<CliSource> {
  if (source === '-' || source === 'camera') {
    if (options.input.isTTY)
      throw usage(`frames are expected on standard input, as from "${command('-f v4l2 -i /dev/video0')}"`);
    return { frames: streamed(options), isLive: !options.everyFrame };
  }
  const facts = statSync(source, { throwIfNoEntry: false });
  if (!facts) throw usage(`there is no "${source}"; --source takes a folder, an image, or - for standard input`);
  if (facts.isDirectory() || extname(source) === '.json')
    return { frames: await ofFolder(source, options), isLive: false };
  if (videoName.test(source)) {
    const every = command(`-i "${source}"`);
    throw usage(`a video comes through standard input: "${every} --every-frame"`);
  }
  const bytes = await readImageFile(source);
  return { frames: one({ frame: { kind: 'file', name: source, bytes }, image: basename(source) }), isLive: false };
}

async function ofFolder(path: string, { cacheFolder, card, session }: SourceOptions): Promise<AsyncIterable<CliFrame>> {
  const spec = datasetSpecSchema.parse({ path, calibration: 0 });
  const dataset = await openDataset(spec, { cacheFolder });
  session.images = imagesFor(dataset.eval, dataset, card);
  const classes = knownClasses(session.images, dataset, card);
  const frames = session.images.entries.map(({ path: file }, index): CliFrame => ({
    frame: { kind: 'image', index },
    image: basename(file),
    ...classes[index],
  }));
  return one(...frames);
}

async function* streamed({ raw, input }: SourceOptions): AsyncGenerator<CliFrame, void, undefined> {
  if (raw) for await (const rgba of rawStream(input, raw)) yield { frame: { kind: 'pixels', ...raw, rgba } };
  else for await (const bytes of jpegStream(input)) yield { frame: { kind: 'file', name: 'the frame', bytes } };
}

async function* one(...frames: CliFrame[]): AsyncGenerator<CliFrame, void, undefined> {
  yield* frames;
}
