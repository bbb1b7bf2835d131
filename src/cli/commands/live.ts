import { writeFile } from 'node:fs/promises';
import { AppError, toAppError } from '@shared/errors';
import { AgreementCounter } from '@shared/live/agreement';
import type { LiveAnswer } from '@shared/live/answer';
import { recordCsv, recordLimit, type RecordRow } from '@shared/live/record';
import { StageStatistics } from '@shared/live/stage-statistics';
import { targetName, type Target } from '@shared/sweep-file';
import type { Engine } from '../../main/engine/create-engine';
import { classNamesOf } from '../../main/engine/dataset/map-classes';
import { builtFile } from '../../main/engine/files/built-file';
import { writeError } from '../../main/engine/files/atomic-file';
import { liveSide, type NamedSide } from '../../main/engine/live-deployment';
import { LiveSession } from '../../main/engine/live/live-session';
import { formatOfModel } from '../../main/engine/models/model-format';
import { locateModel } from '../../main/engine/models/model-folder';
import { runtimeOfFile } from '../../main/engine/runtimes/runtime-of-file';
import { usageError, type Arguments, type Command } from '../arguments';
import { openCliSource, type CliFrame } from '../live-source';
import { answerLine, openedText, summaryText, type SideSummary } from '../live-text';
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
    csv: { type: 'string', value: 'FILE', help: 'write every answer there' },
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
    const isStopped = { now: false };
    const stop = (): void => {
      isStopped.now = true;
      process.stdin.destroy();
    };
    process.once('SIGINT', stop);
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
      const tally = new Tally(sides, session, {
        json: arguments_.flag('json'),
        keepsRows: arguments_.text('csv') !== undefined,
      });
      const under = new Set<Promise<void>>();
      let count = 0;
      try {
        for await (const frame of source.frames) {
          if (isStopped.now) break;
          const answers = sides.map((_, side) => tally.ask(side as 0 | 1, count, frame));
          count++;
          // Side by side, in their order; of what comes by itself, as soon as there is an answer.
          if (!source.isLive) for (const take of await Promise.all(answers)) take();
          else
            for (const answer of answers) {
              const taken = answer.then((take) => take()).finally(() => under.delete(taken));
              under.add(taken);
            }
          if (tally.failure) throw tally.failure;
          if ((source.isLive ? tally.mostFrames : count) >= limit) break;
        }
      } catch (thrown) {
        // What was in the pipe when somebody stopped ends anywhere.
        if (!isStopped.now) throw thrown;
      }
      await Promise.all(under);
      if (tally.failure) throw tally.failure;
      tally.print();
      const csv = arguments_.text('csv');
      if (csv !== undefined)
        await writeFile(csv, recordCsv({ sides: names, rows: tally.rows })).catch((thrown: unknown) => {
          throw writeError(csv, thrown);
        });
      return tally.problems > 0 ? 1 : 0;
    } finally {
      process.off('SIGINT', stop);
      process.stdin.destroy();
      session.close();
      engine.close();
    }
  },
};

function open(engine: Engine, sides: readonly NamedSide[]): Promise<LiveSession> {
  return LiveSession.open(
    sides.map(({ order }) => order),
    {
      workerPath: builtFile('live-worker.js'),
      beside: (signal, work, waits) => engine.executor.beside(signal, work, waits),
    },
  );
}

/** Prints answers as they come and sums them up. */
class Tally {
  readonly rows: RecordRow[] = [];
  /** Frames that could not be answered. */
  problems = 0;
  /** What ended a side for good. */
  failure: AppError | undefined;
  private readonly startedAt = performance.now();
  private readonly agreement = new AgreementCounter();
  private readonly counts: {
    statistics: StageStatistics;
    frames: number;
    dropped: number;
    labelled: number;
    right: number;
  }[];

  constructor(
    private readonly sides: readonly NamedSide[],
    private readonly session: LiveSession,
    private readonly options: { json: boolean; keepsRows: boolean },
  ) {
    this.counts = sides.map(() => ({
      statistics: new StageStatistics(),
      frames: 0,
      dropped: 0,
      labelled: 0,
      right: 0,
    }));
  }

  get mostFrames(): number {
    return Math.max(...this.counts.map(({ frames }) => frames));
  }

  /** Asks a side; the function that comes back takes its answer in. Never throws: see `failure`. */
  async ask(side: 0 | 1, frame: number, { frame: content, image, label }: CliFrame): Promise<() => void> {
    try {
      const answer = await this.session.classify(side, content);
      return () => {
        if (answer === null) this.counts[side]!.dropped++;
        else this.take(side, frame, answer, image, label);
      };
    } catch (thrown) {
      const error = toAppError(thrown);
      return () => {
        if (!error.code.startsWith('image.')) this.failure ??= error;
        else if (side === 0) process.stderr.write(`${error.message}\n`);
        this.problems++;
      };
    }
  }

  private take(side: 0 | 1, frame: number, answer: LiveAnswer, image?: string, label?: number): void {
    const counts = this.counts[side]!;
    const now = performance.now();
    const best = answer.top[0]?.class;
    counts.statistics.add(answer, now);
    counts.frames++;
    if (label !== undefined) {
      counts.labelled++;
      if (best === label) counts.right++;
    }
    if (this.sides.length > 1) this.agreement.add(side, frame, best);
    const { name, order } = this.sides[side]!;
    const nameOf = (index: number): string => classNamesOf(order.card)?.[index] ?? String(index);
    const row: RecordRow = {
      frame,
      atMs: now - this.startedAt,
      side,
      image,
      label: label === undefined ? undefined : nameOf(label),
      className: best === undefined ? undefined : nameOf(best),
      answer,
      dropped: counts.dropped,
    };
    if (this.options.keepsRows) {
      if (this.rows.length >= recordLimit) this.failure ??= new AppError('live.record-full', { limit: recordLimit });
      else this.rows.push(row);
    }
    const shownName = this.sides.length > 1 ? `${name} on ${targetName(order.target)}` : undefined;
    process.stdout.write(
      `${this.options.json ? JSON.stringify(row) : answerLine(frame + 1, image, shownName, answer, nameOf)}\n`,
    );
  }

  print(): void {
    const sides = this.sides.map(({ name, order: { target } }, index): SideSummary => {
      const { statistics, dropped, labelled, right } = this.counts[index]!;
      const openMs = this.session.openMs[index]!;
      return { name, target: targetName(target), openMs, dropped, labelled, right, ...statistics.summary() };
    });
    const { both, agreeing } = this.agreement;
    const agreement = this.sides.length > 1 ? { both, agreeing } : undefined;
    process.stdout.write(
      this.options.json ? `${JSON.stringify({ summary: { sides, agreement } })}\n` : summaryText(sides, agreement),
    );
  }
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
