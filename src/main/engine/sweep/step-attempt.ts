import type { Limits } from '@shared/sweep-file';
import { isStopped } from '../jobs/stopped';
import { incomingName } from '../store/artifacts';
import type { Executor, Placed } from './executor';
import { orderOfStep, type OrderContext } from './order-of-step';
import { formatOf, type PlannedStep } from './plan';
import type { RunJournal } from './run-journal';
import { noteProgress, type StepInHand } from './steps-in-hand';
import { workKeyOf } from './work-key';

/** What an attempt at a step needs of its run. */
export interface AttemptBench {
  /** Id of the run. */
  run: string;
  context: OrderContext;
  executor: Executor;
  journal: RunJournal;
  limits?: Limits;
  /** Rest before a measurement, milliseconds. */
  coolDownMs: number;
}

/** What is told while it lasts. */
interface AttemptEvents {
  /** The step got its core. */
  began(): void;
  progressed(): void;
  /** Its file, if it makes one, is in its place; its result is not yet in the journal. */
  made(artifact: string | undefined): void;
  /** Writes something, however long it takes until there is room for it. */
  persist<T>(act: () => T | Promise<T>): Promise<T>;
}

/**
 * Does one step: the executor gets its order, and what comes of it is kept while the core is still the step's. What a failed attempt had written is
 * discarded. Throws what the job, and keeping its result, throw.
 */
export async function attemptStep(
  step: PlannedStep,
  place: Pick<Placed<unknown>, 'order' | 'trial'>,
  inHand: StepInHand,
  { run, context, executor, journal, limits, coolDownMs }: AttemptBench,
  events: AttemptEvents,
): Promise<void> {
  const { artifacts, steps } = context.workspace;
  const needed = step.needs.map((need) => steps.find(need));
  const before = needed.find((one) => one?.stopped)?.stopped?.at;
  const notes: string[] = [];
  const key = workKeyOf(step, steps);
  const outputPath = artifacts.reserve(incomingName(key));
  const format = formatOf(step.order);
  const started = (): void => {
    inHand.startedAt = Date.now();
    events.began();
    journal.log(step);
  };
  const settle = async (result: unknown, tookMs?: number): Promise<void> => {
    const elapsedMs = tookMs ?? Date.now() - inHand.startedAt! - (step.kind === 'measure' ? coolDownMs : 0);
    const adopted = format && (await events.persist(() => artifacts.adopt(outputPath, format)));
    const artifact = adopted ? adopted.sha256 : undefined;
    events.made(artifact);
    const at = before ?? (isStopped(result) ? step.key : undefined);
    const stopped = at === undefined ? undefined : { run, at };
    const finished = { key: step.key, kind: step.kind, result, artifact, notes, elapsedMs, stopped };
    await events.persist(() => steps.record(finished, run));
    journal.log(step, `done in ${(elapsedMs / 1000).toFixed(1)} s`);
  };
  const progress = (stage: string, done: number, total: number): void => {
    noteProgress(inHand, done, total, Date.now());
    inHand.stage = stage;
    events.progressed();
  };
  try {
    const order = orderOfStep({ ...step, key }, context);
    const note = (sentence: string): void => void notes.push(sentence);
    const log = (line: string): void => journal.line(step, line);
    const told = { started, progress, note, log, stop: inHand.stop?.signal };
    const { requires, title } = step;
    const placed = { ...place, key, requires, title, limits, coolDownMs, settle };
    await executor.run(order, told, inHand.abort.signal, placed);
  } catch (thrown) {
    // Not waited for: the state must be known before the core goes to the next. What stays is swept when the run ends.
    if (inHand.startedAt !== undefined) inHand.discarded = artifacts.discard(outputPath).catch(() => undefined);
    throw thrown;
  }
}
