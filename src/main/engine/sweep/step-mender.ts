import type { AppError } from '@shared/errors';
import type { Workspace } from '../store/workspace';
import { LostArtifacts } from './lost-artifacts';
import type { PlannedStep } from './plan';
import type { RunJournal } from './run-journal';
import type { StepBoard } from './step-board';

interface MenderEvents {
  /** A step waits again. */
  again(step: PlannedStep): void;
  /** What is made anew is damaged whenever it is written. */
  failed(step: PlannedStep, error: AppError): void;
}

/** Sees to it that damaged files of finished steps are made again, and with them what was found out about files that come out different. */
export class StepMender {
  private readonly lost: LostArtifacts;

  constructor(
    workspace: Workspace,
    private readonly board: StepBoard,
    private readonly journal: RunJournal,
    private readonly events: MenderEvents,
  ) {
    this.lost = new LostArtifacts(workspace);
  }

  /** Looks at the files of finished steps. Answers whether some of the steps are not done (any more), or were made again meanwhile. */
  async mend(steps: readonly PlannedStep[]): Promise<boolean> {
    let isMadeMeanwhile = false;
    for (const step of steps) {
      const timesLost = this.lost.timesOf(step);
      if (this.board.stateOf(step.key) !== 'done' || (await this.lost.isWhole(step))) continue;
      // Another step that reads the file found it damaged too, while this one looked: what is there by now is another file.
      if (this.lost.timesOf(step) !== timesLost) {
        isMadeMeanwhile = true;
        continue;
      }
      const error = this.lost.tooOften(step);
      if (error) this.events.failed(step, error);
      else {
        this.journal.log(step, 'its file is damaged or gone and is made again');
        this.computeAgain(step);
      }
    }
    return isMadeMeanwhile || steps.some(({ key }) => this.board.stateOf(key) !== 'done');
  }

  /** Before the run is called done: every file that it names holds what it says, unless it was collected. */
  mendAll(): Promise<boolean> {
    const { board, lost } = this;
    return this.mend(board.steps.filter((step) => board.stateOf(step.key) === 'done' && lost.isThere(step)));
  }

  /** A step made its file: all that was found out about another one is of no use. */
  made({ key }: PlannedStep, artifact: string | undefined): void {
    if (this.lost.isAnother(key, artifact)) for (const step of this.board.dependentsOf(key)) this.computeAgain(step);
  }

  private computeAgain(step: PlannedStep): void {
    this.journal.keep(() => this.lost.forget(step));
    if (this.board.stateOf(step.key) === 'done') this.board.set(step.key, 'waiting');
    this.events.again(step);
  }
}
