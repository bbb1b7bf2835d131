import { toAppError, type AppError } from '@shared/errors';
import { targetName, type Target } from '@shared/sweep-file';
import type { Engine } from '../../main/engine/create-engine';
import { builtFile } from '../../main/engine/files/built-file';
import { liveSide, type NamedSide } from '../../main/engine/live-deployment';
import { Guests } from '../../main/engine/live/guests';
import { LiveSession } from '../../main/engine/live/live-session';
import { formatOfModel } from '../../main/engine/models/model-format';
import { locateModel } from '../../main/engine/models/model-folder';
import { runtimeOfFile } from '../../main/engine/runtimes/runtime-of-file';
import { usageError, type Arguments, type Command } from '../arguments';
import { onceEndRequest } from '../end-requests';
import { RecordFile } from '../live-record';
import { openCliSource, type CliSource } from '../live-source';
import { LiveTally } from '../live-tally';
import { openedText } from '../live-text';
import { choiceOf, openSession } from '../session';

export const live: Command = {
  name: 'live',
  usage: 'MODEL [MODEL2]',
  summary: 'what a network sees in pictures one after another, or two of them side by side',
  options: {
    source: {
      type: 'string',
      value: 'WHERE',
      help: 'a folder, an image, or - (also: camera) for JPEG pictures on standard input: ffmpeg ... -f mjpeg - | whittle live MODEL --source -',
    },
    raw: { type: 'string', value: 'WxH', help: 'standard input holds raw RGB frames of this size, width first' },
    'every-frame': { type: 'boolean', help: 'of a stream wait for every frame (video files), do not drop (cameras)' },
    runtime: {
      type: 'string',
      value: 'A[,B]',
      help: 'where it runs (ort-cpu, or the first that takes the file); after a comma, where the second runs',
    },
    threads: { type: 'string', value: 'N[,M]', help: 'threads (1); after a comma, those of the second' },
    frames: { type: 'string', value: 'N', help: 'stop after that many frames' },
    csv: { type: 'string', value: 'FILE', help: 'write every answer there, as it comes' },
    json: { type: 'boolean', help: 'print a JSON object a line: every answer, then the summary' },
  },
  async run(arguments_) {
    const where = arguments_.text('source');
    if (where === undefined) throw usageError(live, '--source is missing: a folder, an image, or - for standard input');
    const limit = arguments_.integer('frames', 1, 1_000_000_000) ?? Infinity;
    const raw = sizeOf(arguments_.text('raw'));
    const asked = sidesOf(arguments_);
    const choice = choiceOf(arguments_);
    const engine = await openSession(arguments_);
    const sides = await Promise.all(
      asked.map(async ({ path, wanted, threads }) => {
        const format = formatOfModel(locateModel(path, engine.modelFolder()));
        const target: Target = { runtime: await runtimeOfFile({ path, format }, wanted), threads };
        return liveSide({ model: { path }, target }, engine, choice);
      }),
    );
    const session = await open(engine, sides);
    const stopped = { now: false };
    const off = onceEndRequest(() => {
      stopped.now = true;
      process.stdin.destroy();
    });
    let record: RecordFile | undefined;
    try {
      const names = sides.map(({ name, order: { target } }) => ({ name, target: targetName(target) }));
      process.stderr.write(openedText(names.map((one, index) => ({ ...one, openMs: session.openMs[index]! }))));
      const source = await openCliSource(where, {
        raw,
        everyFrame: arguments_.flag('every-frame'),
        cacheFolder: engine.workspace.cacheFolder,
        card: sides[0]!.order.card,
        session,
        input: process.stdin,
      });
      const csv = arguments_.text('csv');
      record = csv === undefined ? undefined : new RecordFile(csv, names);
      const tally = new LiveTally(sides, session, arguments_.flag('json'), record);
      const failure = await play(source, { sides: sides.length, limit, stopped, tally });
      tally.print();
      if (failure) throw failure;
      return tally.problems > 0 ? 1 : 0;
    } finally {
      off();
      process.stdin.destroy();
      record?.close();
      session.close();
      engine.close();
    }
  },
};

interface Playing {
  sides: number;
  /** Frames after which it ends. */
  limit: number;
  /** Whether somebody wants no more. */
  stopped: { readonly now: boolean };
  tally: LiveTally;
}

/** Asks the sides about every frame until there are no more. Answers what ended it too early; what was answered until then is in the tally. */
async function play(source: CliSource, { sides, limit, stopped, tally }: Playing): Promise<AppError | undefined> {
  const under = new Set<Promise<void>>();
  let count = 0;
  let broken: AppError | undefined;
  try {
    for await (const frame of source.frames) {
      if (stopped.now) break;
      const answers = Array.from({ length: sides }, (_, side) => tally.ask(side as 0 | 1, count, frame));
      count++;
      // Side by side, in their order; of what comes by itself, as soon as there is an answer.
      if (!source.isLive) for (const take of await Promise.all(answers)) take();
      else
        for (const answer of answers) {
          const taken = answer.then((take) => take()).finally(() => under.delete(taken));
          under.add(taken);
        }
      if (tally.failure || (source.isLive ? tally.mostFrames : count) >= limit) break;
    }
  } catch (thrown) {
    // What was in the pipe when somebody stopped ends anywhere.
    if (!stopped.now) broken = toAppError(thrown);
  }
  await Promise.all(under);
  return tally.failure ?? broken;
}

function open(engine: Engine, sides: readonly NamedSide[]): Promise<LiveSession> {
  const guests = new Guests((signal, work, waits) => engine.executor.beside(signal, work, waits));
  const orders = sides.map(({ order }) => order);
  return LiveSession.open(orders, { workerPath: builtFile('live-worker.js'), guests });
}

/** "640x480", width first. @throws `usage` */
function sizeOf(text: string | undefined): { width: number; height: number } | undefined {
  if (text === undefined) return undefined;
  const [, width, height] = /^(\d{1,4})x(\d{1,4})$/.exec(text) ?? [];
  if (Number(width) >= 1 && Number(height) >= 1) return { width: Number(width), height: Number(height) };
  throw usageError(live, `--raw takes WIDTHxHEIGHT as in 640x480, not "${text}"`);
}

/** What runs where: two models, or one on two targets. @throws `usage` */
function sidesOf(arguments_: Arguments): { path: string; wanted?: string; threads: number }[] {
  const [first, second = first] = arguments_.positionals as [string, string?];
  const [runtimes, threads] = [listOf(arguments_, 'runtime'), listOf(arguments_, 'threads')];
  const count = Math.max(arguments_.positionals.length, runtimes.length, threads.length);
  return [first, second].slice(0, count).map((path, side) => {
    const text = threads[side] ?? threads[0] ?? '1';
    if (!/^\d{1,3}$/.test(text) || Number(text) < 1 || Number(text) > 256)
      throw usageError(live, `--threads takes whole numbers from 1 to 256, not "${text}"`);
    return { path, wanted: runtimes[side] ?? runtimes[0], threads: Number(text) };
  });
}

/** @throws `usage` */
function listOf(arguments_: Arguments, option: string): string[] {
  const parts = arguments_.text(option)?.split(',') ?? [];
  if (parts.length > 2 || parts.includes(''))
    throw usageError(live, `--${option} takes one value, or two with a comma`);
  return parts;
}
