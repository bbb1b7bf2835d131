import { toAppError, type AppError } from '@shared/errors';
import { AgreementCounter } from '@shared/live/agreement';
import type { LiveAnswer } from '@shared/live/answer';
import { classOnSide, comparisonSentence, type ClassComparison } from '@shared/live/class-comparison';
import { foreignClassesSentence } from '@shared/live/foreign-classes';
import type { RecordRow } from '@shared/live/record';
import { StageStatistics } from '@shared/live/stage-statistics';
import { targetName } from '@shared/sweep-file';
import { classNamesOf } from '../main/engine/dataset/map-classes';
import type { NamedSide } from '../main/engine/live-deployment';
import { compareClasses } from '../main/engine/live/compare-classes';
import type { LiveSession } from '../main/engine/live/live-session';
import type { RecordFile } from './live-record';
import type { CliFrame } from './live-source';
import { answerLine, summaryText, type SideSummary } from './live-text';

interface Counts {
  statistics: StageStatistics;
  frames: number;
  dropped: number;
  labelled: number;
  right: number;
}

/** Prints answers as they come, records them and sums them up. */
export class LiveTally {
  /** Frames that could not be answered. */
  problems = 0;
  /** What ended the session: a side for good, or the record. */
  failure: AppError | undefined;
  private readonly startedAt = performance.now();
  private readonly agreement = new AgreementCounter();
  private readonly comparison: ClassComparison | undefined;
  private readonly counts: Counts[];
  /** Of each answered image whose class the first side does not have, that class. */
  private readonly foreign: string[] = [];

  constructor(
    private readonly sides: readonly NamedSide[],
    private readonly session: LiveSession,
    private readonly json: boolean,
    private recorder?: RecordFile,
  ) {
    const [first, second] = sides;
    this.comparison = second && compareClasses(first!.order.card, second.order.card);
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

  /** Asks a side; the function that comes back takes its answer in. Neither throws: see `failure`. */
  async ask(side: 0 | 1, number: number, { frame, image, label, foreign }: CliFrame): Promise<() => void> {
    try {
      const answer = await this.session.classify(side, frame);
      return () => {
        if (answer === null) this.counts[side]!.dropped++;
        else {
          if (side === 0 && foreign !== undefined) this.foreign.push(foreign);
          this.take(side, number, answer, image, classOnSide(side, label, this.comparison));
        }
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

  /** @param label as this side numbers it */
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
    // As the second side numbers classes.
    if (this.isCompared) this.agreement.add(side, frame, side === 0 ? classOnSide(1, best, this.comparison) : best);
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
    this.record(row);
    const shownName = this.sides.length > 1 ? `${name} on ${targetName(order.target)}` : undefined;
    process.stdout.write(
      `${this.json ? JSON.stringify(row) : answerLine(frame + 1, image, shownName, answer, nameOf)}\n`,
    );
  }

  private get isCompared(): boolean {
    return this.comparison !== undefined && 'classOf' in this.comparison;
  }

  private record(row: RecordRow): void {
    try {
      this.recorder?.add(row);
    } catch (thrown) {
      this.recorder = undefined;
      this.failure ??= toAppError(thrown);
    }
  }

  /** Prints what the session came to. */
  print(): void {
    const sides = this.sides.map(({ name, order: { target } }, index): SideSummary => {
      const { statistics, dropped, labelled, right } = this.counts[index]!;
      const openMs = this.session.openMs[index]!;
      return { name, target: targetName(target), openMs, dropped, labelled, right, ...statistics.summary() };
    });
    const { both, agreeing } = this.agreement;
    const agreement = this.isCompared ? { both, agreeing } : undefined;
    const comparison = comparisonSentence(this.comparison);
    process.stdout.write(
      this.json
        ? `${JSON.stringify({ summary: { sides, agreement, comparison } })}\n`
        : summaryText(sides, agreement, [comparison, foreignClassesSentence(this.foreign, this.sides[0]!.name)]),
    );
  }
}
