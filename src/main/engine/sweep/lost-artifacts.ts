import { AppError } from '@shared/errors';
import type { Workspace } from '../store/workspace';
import { formatOf, type PlannedStep } from './plan';

/** After this many times it is the disk that is at fault. */
const timesMade = 3;

/** Files that a run has to make again, and what became of them. */
export class LostArtifacts {
  /** Hashes of files that have to be made again, by the keys of their steps. */
  private readonly lost = new Map<string, string>();
  private readonly times = new Map<string, number>();

  constructor(private readonly workspace: Pick<Workspace, 'steps' | 'artifacts'>) {}

  /** Whether a finished step has a file that was not removed. */
  isThere({ key, order }: PlannedStep): boolean {
    const { steps, artifacts } = this.workspace;
    const artifact = formatOf(order) && steps.find(key)?.artifact;
    return artifact !== undefined && artifacts.has(artifact, formatOf(order));
  }

  /** Whether the file of a finished step, if it has one, holds what it should. */
  async isWhole({ key, order }: PlannedStep): Promise<boolean> {
    const { steps, artifacts } = this.workspace;
    const artifact = formatOf(order) && steps.find(key)?.artifact;
    return !artifact || artifacts.isWhole(artifact, formatOf(order));
  }

  /** How often the file of a step had to be made again. */
  timesOf({ key }: PlannedStep): number {
    return this.times.get(key) ?? 0;
  }

  /** What is wrong where a file was made anew several times and is damaged again; undefined: it is worth another try. */
  tooOften(step: PlannedStep): AppError | undefined {
    if (this.timesOf(step) < timesMade) return undefined;
    const { key, order } = step;
    const { steps, artifacts } = this.workspace;
    return new AppError('artifact.damaged', {
      path: artifacts.path(steps.find(key)?.artifact ?? key, formatOf(order)),
    });
  }

  forget(step: PlannedStep): void {
    const { key } = step;
    const artifact = this.workspace.steps.find(key)?.artifact;
    if (artifact) {
      this.lost.set(key, artifact);
      this.times.set(key, this.timesOf(step) + 1);
    }
    this.workspace.steps.forget(key);
  }

  /** Whether a file that was made again differs from what it was: then all that was found out about the old one is of no use. */
  isAnother(key: string, artifact: string | undefined): boolean {
    const before = this.lost.get(key) ?? this.workspace.steps.find(key)?.artifact;
    this.lost.delete(key);
    return before !== undefined && before !== artifact;
  }
}
