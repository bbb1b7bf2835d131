import type { AppError } from '@shared/errors';
import { orderTrials } from './order-trials';
import { distinctSteps, type PlannedStep, type TrialPlan } from './plan';
import type { StepState } from './trial-status';

/** Which steps of a run there are, in which order they are wanted, and how far each is. Knows nothing of how they are done. */
export class StepBoard {
  private readonly states = new Map<string, StepState>();
  private readonly errors = new Map<string, AppError>();
  private readonly owners = new Map<string, TrialPlan[]>();
  private readonly skipped: Set<string>;
  private first: string[] = [];
  private ordered: TrialPlan[] = [];
  private places = new Map<string, number>();

  /** Steps that are wanted or done, in the order of their trials. */
  steps: PlannedStep[] = [];

  /**
   * @param costOf what a step costs beside the others
   * @param skipped ids of trials that somebody does not want
   */
  constructor(
    readonly trials: readonly TrialPlan[],
    private readonly costOf: (step: PlannedStep) => number,
    skipped: Iterable<string> = [],
  ) {
    this.skipped = new Set(skipped);
    for (const trial of trials)
      for (const { key } of distinctSteps([trial])) {
        this.owners.set(key, [...(this.owners.get(key) ?? []), trial]);
        this.states.set(key, 'waiting');
      }
    this.arrange();
  }

  stateOf(key: string): StepState | undefined {
    return this.states.get(key);
  }

  errorOf(key: string): AppError | undefined {
    return this.errors.get(key);
  }

  get hasFailed(): boolean {
    return this.errors.size > 0;
  }

  /** Place of a step in the order: the lower, the earlier. */
  placeOf(key: string): number {
    return this.places.get(key) ?? this.places.size;
  }

  set(key: string, state: Exclude<StepState, 'failed'>): void {
    this.states.set(key, state);
    this.errors.delete(key);
  }

  fail(key: string, error: AppError): void {
    this.states.set(key, 'failed');
    this.errors.set(key, error);
  }

  isSkipped(trial: string): boolean {
    return this.skipped.has(trial);
  }

  /** Trials that a step belongs to, in the order of the sweep. */
  trialsOf(key: string): readonly TrialPlan[] {
    return this.owners.get(key) ?? [];
  }

  /** A trial that has the step, one that is wanted where there is one. */
  ownerOf(key: string): TrialPlan {
    const trials = this.trialsOf(key);
    return trials.find(({ id }) => !this.skipped.has(id)) ?? trials[0]!;
  }

  /** Whether some trial that is not skipped has the step. */
  isWanted(key: string): boolean {
    return this.trialsOf(key).some(({ id }) => !this.skipped.has(id));
  }

  isSettled(key: string): boolean {
    const state = this.states.get(key);
    return state === 'done' || state === 'failed';
  }

  /** Wanted steps that are neither done nor failed. */
  get open(): PlannedStep[] {
    return this.steps.filter(({ key }) => !this.isSettled(key));
  }

  /** Trials with something left to do, in the order in which they will be finished. */
  get upcoming(): TrialPlan[] {
    return this.ordered.filter(
      ({ id, steps }) =>
        !this.skipped.has(id) &&
        steps.some(({ key }) => !this.isSettled(key)) &&
        !steps.some(({ key }) => this.states.get(key) === 'failed'),
    );
  }

  /** The error of a step that this one needs, or of one which that needs. */
  failedNeed({ needs }: PlannedStep): AppError | undefined {
    return needs.map((need) => this.errors.get(need)).find((error) => error !== undefined);
  }

  isReady({ key, needs }: PlannedStep): boolean {
    return this.states.get(key) === 'waiting' && needs.every((need) => this.states.get(need) === 'done');
  }

  /** Steps that read what this one makes, and those that read what they make. */
  dependentsOf(key: string): PlannedStep[] {
    const reached = new Set([key]);
    // Whatever needs a step comes after it.
    return this.steps.filter((step) => {
      if (!step.needs.some((need) => reached.has(need))) return false;
      reached.add(step.key);
      return true;
    });
  }

  /** Nobody waits for these trials any more. */
  skip(trials: Iterable<string>): void {
    for (const trial of trials) this.skipped.add(trial);
    this.arrange();
  }

  /** These trials come before all others, also where they were skipped. */
  prefer(trials: readonly string[]): void {
    for (const trial of trials) this.skipped.delete(trial);
    this.first = [...trials, ...this.first.filter((trial) => !trials.includes(trial))];
    this.arrange();
  }

  private arrange(): void {
    this.ordered = orderTrials(this.trials, { costOf: this.costOf, first: this.first });
    const steps = distinctSteps(this.ordered.filter(({ id }) => !this.skipped.has(id)));
    this.steps = steps;
    this.places = new Map(steps.map(({ key }, place) => [key, place]));
  }
}
