import { AppError } from '@shared/errors';
import type { PlannedStep } from './plan';
import type { RoomKeeper } from './room-keeper';
import { attemptStep, type AttemptBench } from './step-attempt';
import type { StepBoard } from './step-board';
import { StepMender } from './step-mender';
import { StepsInHand, type StepInHand } from './steps-in-hand';

interface RunnerEvents {
  /** A step began, waits again or has failed. */
  changed(step: PlannedStep): void;
  progressed(): void;
  /** The executor no longer has the step. @param tookMs with its core; absent: it had none, or did not finish */
  ended(step: PlannedStep, hadCore: boolean, tookMs?: number): void;
  /** Something could not be written. */
  unwritten(error: AppError): void;
  /** Nobody waits for results any more. */
  isOver(): boolean;
}

/** Has the steps of a run done, each until it is done or has failed for good: what can be tried again waits for its next turn. */
export class StepRunner {
  readonly inHand = new StepsInHand();
  private readonly mender: StepMender;
  /** Steps whose process ended unexpectedly once. */
  private readonly crashed = new Set<string>();

  constructor(
    private readonly bench: AttemptBench,
    private readonly board: StepBoard,
    private readonly room: RoomKeeper,
    private readonly events: RunnerEvents,
  ) {
    this.mender = new StepMender(bench.context.workspace, board, bench.journal, {
      again: (step) => {
        this.inHand.end(step.key);
        events.changed(step);
      },
      failed: (step, error) => this.fail(step, error),
    });
  }

  /** Before the run is called done: every file that it names holds what it says. */
  mendAll(): Promise<boolean> {
    return this.mender.mendAll();
  }

  /** Hands a step to the executor; the board tells what became of it. */
  async run(step: PlannedStep): Promise<void> {
    const inHand = this.inHand.take(step);
    let tookMs: number | undefined;
    try {
      const { model, recipe } = this.board.ownerOf(step.key);
      const place = { order: this.board.placeOf(step.key), trial: `${model} · ${recipe}` };
      await attemptStep(step, place, inHand, this.bench, {
        began: () => {
          this.board.set(step.key, 'running');
          this.events.changed(step);
          this.events.progressed();
        },
        progressed: () => this.events.progressed(),
        made: (artifact) => this.mender.made(step, artifact),
        persist: (act) => this.persist(inHand, act),
      });
      this.board.set(step.key, 'done');
      tookMs = Date.now() - inHand.startedAt!;
      this.room.eased();
    } catch (thrown) {
      await this.afterFailure(step, inHand, this.bench.journal.errorOf(thrown));
    } finally {
      this.inHand.drop(step.key);
      this.events.ended(step, inHand.startedAt !== undefined, tookMs);
    }
  }

  /** Keeps a result however long it takes until there is room for it: it must not be computed twice. */
  private async persist<T>({ abort }: StepInHand, act: () => T | Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await act();
      } catch (thrown) {
        const error = this.bench.journal.errorOf(thrown);
        if (error.code !== 'output.disk-full' || this.events.isOver()) throw error;
        await this.room.wait(error);
        if (abort.signal.aborted) throw new AppError('cancelled');
      }
    }
  }

  /** What can be tried again waits; all else has failed. */
  private async afterFailure(step: PlannedStep, { discarded }: StepInHand, error: AppError): Promise<void> {
    const { key } = step;
    const isDamaged = error.code === 'artifact.damaged' || error.code === 'content.missing';
    const needed = this.board.steps.filter((other) => step.needs.includes(other.key));
    if (error.code === 'output.disk-full') this.events.unwritten(error);
    else if (error.code === 'worker.crashed' && !this.crashed.has(key)) {
      this.crashed.add(key);
      this.bench.journal.log(step, `its process ended unexpectedly (${error.facts.detail}); it is tried once more`);
    } else if (error.code !== 'cancelled' && !(isDamaged && (await this.mender.mend(needed)))) {
      this.fail(step, error);
      if (error.code === 'output.unwritable') this.events.unwritten(error);
      return;
    }
    await discarded;
    this.board.set(key, 'waiting');
  }

  private fail(step: PlannedStep, error: AppError): void {
    this.board.fail(step.key, error);
    this.bench.journal.failure(step, error);
    this.events.changed(step);
  }
}
