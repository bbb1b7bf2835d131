import type { Lane } from '../jobs/lane';

/** What a schedule has to know of a job. */
export interface Waiting {
  readonly lane: Lane;
  /** Position in the run's plan: the lower, the earlier. Absent: a person waits for it, so it goes before all others. */
  readonly order?: number;
}

/** Quiet jobs that wait, as a multiple of the slots, before others stop starting for their sake. */
const batchPerSlot = 2;
/** Shared jobs begun since the last batch, as a multiple of the slots, after which even one quiet job is a batch. */
const patiencePerSlot = 4;

/**
 * Decides which waiting job gets a core next. Quiet jobs (latencies) run alone; to empty all slots for each would waste them, to leave them to
 * the end would leave a run that is cancelled without any. So they are taken in batches: the first as soon as there is one, then whenever
 * enough of them wait or enough other jobs have begun meanwhile. A batch is what waits when it opens, and between two batches every slot gets
 * another job: neither kind starves. With one slot jobs simply go in the order of the plan.
 *
 * Guests are short pieces of work, milliseconds each, that somebody watches. They take no slot and run beside shared jobs, never beside a
 * quiet one: once its turn has come no guest is let in any more, and it begins when the last has left.
 */
export class CoreSchedule<J extends Waiting> {
  private readonly waiting: J[] = [];
  private readonly running = new Set<J>();
  private readonly batch = new Set<J>();
  private sharedSinceBatch = Infinity;
  private guests = 0;
  /** A quiet job would begin but for the guests. */
  private isQuietDue = false;

  constructor(private readonly slots: number) {}

  add(job: J): void {
    const place = ({ order = -1 }: J): number => order;
    const behind = this.waiting.findIndex((other) => place(other) > place(job));
    this.waiting.splice(behind < 0 ? this.waiting.length : behind, 0, job);
  }

  /** Takes back a job that waits. Answers whether it did. */
  withdraw(job: J): boolean {
    const at = this.waiting.indexOf(job);
    if (at < 0) return false;
    this.waiting.splice(at, 1);
    this.batch.delete(job);
    return true;
  }

  /** The job to begin now, which counts as running from here on; undefined: none for the moment. */
  next(): J | undefined {
    const job = this.choose();
    this.isQuietDue = job?.lane === 'quiet' && this.guests > 0;
    if (!job || this.isQuietDue) return undefined;
    this.withdraw(job);
    this.running.add(job);
    if (job.lane === 'shared') this.sharedSinceBatch++;
    return job;
  }

  finish(job: J): void {
    this.running.delete(job);
    if (this.running.size + this.waiting.length === 0) this.sharedSinceBatch = Infinity;
  }

  /** Lets a guest in, who must `leave`. Answers whether it may come. */
  enter(): boolean {
    if (this.isQuietDue || this.hasQuiet()) return false;
    this.guests++;
    return true;
  }

  leave(): void {
    this.guests--;
  }

  private hasQuiet(): boolean {
    return [...this.running].some(({ lane }) => lane === 'quiet');
  }

  private choose(): J | undefined {
    if (this.running.size >= this.slots || this.hasQuiet()) return undefined;
    if (this.slots === 1) return this.waiting[0];
    if (this.batch.size === 0) this.openBatch();
    if (this.batch.size === 0) return this.waiting.find(({ lane }) => lane === 'shared');
    return this.running.size === 0 ? this.waiting.find((job) => this.batch.has(job)) : undefined;
  }

  private openBatch(): void {
    const quiet = this.waiting.filter(({ lane }) => lane === 'quiet');
    if (quiet.length === 0) return;
    const nothingElse = quiet.length === this.waiting.length && this.running.size === 0;
    const wanted = quiet.length >= batchPerSlot * this.slots || quiet.some(({ order }) => order === undefined);
    const othersHadTheirTurn = this.sharedSinceBatch >= this.slots;
    const overdue = this.sharedSinceBatch >= patiencePerSlot * this.slots;
    if (!nothingElse && !overdue && !(wanted && othersHadTheirTurn)) return;
    for (const job of quiet) this.batch.add(job);
    this.sharedSinceBatch = 0;
  }
}
