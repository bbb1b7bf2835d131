import { randomBytes } from 'node:crypto';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Kvm } from '@nats-io/kv';
import type { Agent as AgentView } from '@shared/agents';
import { AppError, toAppError } from '@shared/errors';
import { formatNumber } from '@shared/format';
import { shownServer } from '@shared/server-address';
import { freeBytes } from '../files/free-space';
import type { Executor } from '../sweep/executor';
import { fits } from '../sweep/requirement';
import { doJob, isMissing, isOfThisMachine } from './agent-job';
import { Board } from './board';
import { rememberedId, ContentCache } from './content-cache';
import { ControlLine } from './control';
import { FileStore } from './file-store';
import { Link } from './link';
import { keyOf, type Membership } from './membership';
import {
  agentBucket,
  aliveEveryMs,
  classBucket,
  jobSchema,
  mostDeliveries,
  progressSubject,
  type AgentJob,
  type Outcome,
  type StepControl,
} from './protocol';
import { Pulls, type Delivery } from './pulls';
import type { Facts } from './requirement';
import { HeardCalls } from './roll-call';
import { Rejected, Seal } from './seal';
import { ownVersion, stepIdentity } from './step-identity';
import { taskOf, taskText, taskView, type Task } from './task';
import { watchBucket } from './watch-bucket';

export interface AgentOptions {
  membership: Membership;
  /** For its cache, its identity and checkpoints. */
  folder: string;
  name: string;
  facts: Facts;
  slots: number;
  cacheLimitBytes: number;
  /** Does the work; its workers find contents in `folder`. */
  executor: Executor;
  /** A line for people. */
  say(line: string): void;
}

const otherKey =
  'Some steps on this server have another key and are not taken. To take them, join with a code of "whittle agent invite" of the machine that gives them out.';
const restAfterFullDiskMs = 30_000;

/** This machine as one that takes steps of sweeps of others. */
export class WorkingAgent {
  private readonly link: Link;
  private readonly seal: Seal;
  private readonly board: Board;
  private readonly control: ControlLine;
  private readonly calls: HeardCalls;
  private readonly store: FileStore;
  private readonly cache: ContentCache;
  private readonly pulls: Pulls;
  private readonly ending = new AbortController();
  private readonly classes = new Set<string>();
  private readonly mending = new Set<string>();
  private readonly tasks = new Map<string, Task>();
  private readonly startedAt = new Date().toISOString();
  private id = '';
  private isDraining = false;
  private problem: string | undefined;
  private finished = 0;
  private failed = 0;
  private ended = (): void => undefined;
  /** Resolves when it was told to leave and has. */
  readonly left = new Promise<void>((resolve) => (this.ended = resolve));

  constructor(private readonly options: AgentOptions) {
    const { membership, folder, cacheLimitBytes, name, facts, say } = options;
    const server = shownServer(membership.server);
    const self = [name, ...facts.labels].join(', ');
    this.seal = new Seal(keyOf(membership));
    let wasLost = false;
    this.link = new Link({
      ...membership,
      name: `whittle agent ${name}`,
      changed: (state, problem) => {
        if (state === 'connected' && problem !== undefined) say(`${server} ${problem}.`);
        else if (state === 'connected')
          say(wasLost ? 'Connected again.' : `Connected to ${server} as ${self}. Waits for steps; Ctrl-C leaves.`);
        else if (!wasLost)
          say(`${server} cannot be reached${problem ? ` (${problem})` : ''}; it is tried again and again.`);
        wasLost = state !== 'connected';
      },
    });
    this.board = new Board(this.link, this.seal, say);
    this.control = new ControlLine(this.link, this.seal);
    this.calls = new HeardCalls(this.link, this.seal, () => void this.announce());
    this.store = new FileStore(this.link);
    this.cache = new ContentCache(folder, cacheLimitBytes, this.store);
    this.pulls = new Pulls(
      this.link,
      (classId) => this.classes.has(classId),
      (delivery) => this.take(delivery),
      (classId) => void this.mendLine(classId),
    );
  }

  async start(): Promise<void> {
    const { folder, facts, say } = this.options;
    this.id = await rememberedId(folder, () => randomBytes(6).toString('hex'));
    await this.cache.open();
    await this.link.open();
    const { signal } = this.ending;
    let isStaleSaid = false;
    this.control.hearAsAgent(
      this.id,
      (message) => {
        if (message.do === 'leave') void this.stop();
        else this.drain(message.isDraining);
      },
      (ageMs) => {
        if (!isStaleSaid)
          this.options.say(
            `A message ${ageMs < 0 ? 'from the future' : 'of long ago'} (${Math.round(Math.abs(ageMs) / 60_000)} minutes) was not obeyed: the clocks of the machines differ, or somebody sent it again.`,
          );
        isStaleSaid = true;
      },
    );
    await this.board.prepare();
    await this.store.prepare();
    const refused = new Set<string>();
    watchBucket(this.link, classBucket, signal, (classId, bytes) => {
      if (!bytes || this.classes.has(classId)) return;
      try {
        const { requirement, steps, version } = this.board.readClass(classId, bytes);
        if (steps !== stepIdentity) {
          const other = version === ownVersion ? `another build of Whittle ${version}` : `Whittle ${version}`;
          const line = `Steps of ${other} are not taken: this machine has Whittle ${ownVersion}. Install the same on both.`;
          if (!refused.has(line)) say(line);
          refused.add(line);
        } else if (fits(requirement, facts)) {
          this.classes.add(classId);
          this.pulls.add(classId);
        }
      } catch (thrown) {
        if (!(thrown instanceof Rejected)) throw thrown;
        if (thrown.reason === 'signature' && !refused.has(otherKey)) say(otherKey);
        if (thrown.reason === 'signature') refused.add(otherKey);
      }
    });
    this.updateRoom();
    void this.announceAlways();
  }

  /** Gives back what is not done, says goodbye, and ends. */
  async stop(): Promise<void> {
    if (this.ending.signal.aborted) return this.left;
    this.pulls.setRoom(0);
    this.isDraining = true;
    for (const { abort } of this.tasks.values()) abort.abort();
    for (let waitedMs = 0; this.tasks.size > 0 && waitedMs < 5000; waitedMs += 50) await sleep(50);
    if (this.link.raw)
      await Promise.race([
        this.link
          .ask(async (stream) => (await new Kvm(stream).open(agentBucket)).delete(this.id))
          .catch(() => undefined),
        sleep(1000),
      ]);
    this.ending.abort();
    await this.link.close();
    this.ended();
  }

  private get room(): number {
    if (this.isDraining || this.problem !== undefined) return 0;
    return this.options.slots - this.tasks.size;
  }

  private updateRoom(): void {
    this.pulls.setRoom(this.room);
  }

  private drain(isDraining: boolean): void {
    this.isDraining = isDraining;
    this.options.say(isDraining ? 'Takes no more steps: somebody asked for that.' : 'Takes steps again.');
    this.updateRoom();
    void this.announce();
  }

  private end({ do: how, key, job }: StepControl): void {
    const task = this.tasks.get(key);
    if (task?.job.id !== job) return;
    if (how === 'stop') task.stop.abort();
    else task.abort.abort(new AppError('cancelled'));
  }

  private async mendLine(classId: string): Promise<void> {
    if (this.mending.has(classId)) return;
    this.mending.add(classId);
    await this.board.openLine(classId, this.ending.signal).catch(() => undefined);
    this.mending.delete(classId);
    this.pulls.retry(classId);
  }

  /** Takes a step that was handed out. Answers false where there is no room for it. */
  private take(delivery: Delivery): boolean {
    if (this.room <= 0) return false;
    let job: AgentJob;
    try {
      job = this.seal.open(delivery.subject, delivery.data, jobSchema);
      if (job.steps !== stepIdentity || !fits(job.requirement, this.options.facts)) throw new Rejected('content');
      if (!delivery.subject.endsWith(`.${job.key}`)) throw new Rejected('content');
    } catch (thrown) {
      this.options.say(`A step was not obeyed: ${(thrown as Error).message}.`);
      void delivery.acknowledge();
      return true;
    }
    const same = this.tasks.get(job.key);
    if (same) {
      delivery.working();
      if (delivery.sequence !== same.delivery.sequence) same.beside.set(delivery.sequence, delivery);
      return true;
    }
    const task = taskOf(job, delivery);
    this.tasks.set(job.key, task);
    this.updateRoom();
    const stopListening = this.control.hearOfStep(job.key, (control) => this.end(control));
    const alive = setInterval(() => {
      for (const one of [delivery, ...task.beside.values()]) one.working();
    }, aliveEveryMs);
    void this.work(task)
      .catch((thrown: unknown) => {
        if (!this.ending.signal.aborted) this.options.say(`${taskText(task)}: ${toAppError(thrown).message}`);
      })
      .finally(() => {
        clearInterval(alive);
        stopListening();
        this.tasks.delete(job.key);
        // Where it is done, that is seen when it is handed out again; where it is not, those who gave these want it still.
        for (const other of task.beside.values()) other.giveBack();
        this.updateRoom();
        void this.announce();
      });
    return true;
  }

  private async work(task: Task): Promise<void> {
    const { job, title, abort, delivery } = task;
    const { say } = this.options;
    // Published twice, or sent again by somebody who listened; or cancelled before it was listened for that.
    const [known, isWanted] = await Promise.all([
      this.board.outcome(job.key, abort.signal),
      this.board.stands(delivery, abort.signal),
    ]);
    if (!isWanted || known?.is === 'done' || (known?.is === 'stopped' && known.job === job.id)) {
      await delivery.acknowledge();
      return;
    }
    if (delivery.count > mostDeliveries)
      return this.fail(task, new AppError('agents.tried', { step: title, count: mostDeliveries }));
    say(`${job.key.slice(0, 8)} begins: ${taskText(task)}`);
    void this.announce();
    const startedAt = Date.now();
    const hits = this.cache.hits;
    try {
      const parts = { cache: this.cache, store: this.store, executor: this.options.executor };
      const { outcome, fetchedBytes } = await doJob(job, parts, this.eventsOf(task), abort.signal);
      const isFirst = await this.board.tell({ ...outcome, by: this.by }, abort.signal);
      await delivery.acknowledge();
      this.finished++;
      const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
      say(
        `${job.key.slice(0, 8)} done in ${seconds} s: ${taskText(task)}; fetched ${formatNumber(fetchedBytes)} bytes, ${this.cache.hits - hits} from the cache${outcome.is === 'stopped' ? '; training was stopped by hand' : ''}${isFirst ? '' : '; somebody was faster'}`,
      );
    } catch (thrown) {
      await this.afterFailure(task, thrown);
    }
  }

  private async afterFailure(task: Task, thrown: unknown): Promise<void> {
    const { abort, job, delivery } = task;
    const { say } = this.options;
    if (abort.signal.aborted) {
      // Told to end: somebody else is to have it. Cancelled: it is out of its line already.
      const isLeft = !(abort.signal.reason instanceof AppError);
      say(`${job.key.slice(0, 8)} ${isLeft ? 'given back' : 'cancelled'}: ${taskText(task)}`);
      if (isLeft) delivery.giveBack();
      else await delivery.acknowledge();
      return;
    }
    const error = toAppError(thrown);
    if (isOfThisMachine(error)) {
      say(`${taskText(task)} is given back: ${error.message}`);
      delivery.giveBack(5000);
      if (error.code === 'output.disk-full' || error.code === 'output.unwritable') void this.rest(error.message);
      return;
    }
    await this.fail(task, error);
  }

  private async fail(task: Task, error: AppError): Promise<void> {
    this.failed++;
    this.options.say(`${taskText(task)} failed: ${error.message}`);
    const { job, delivery } = task;
    const { code, facts } = error.toReport();
    const outcome: Outcome = {
      is: 'failed',
      key: job.key,
      job: job.id,
      error: { code, facts },
      ...(isMissing(error) && { isMissing: true }),
      by: this.by,
    };
    await this.board.tell(outcome, this.ending.signal);
    await delivery.acknowledge();
  }

  /** With a full disk it takes nothing for a while. */
  private async rest(problem: string): Promise<void> {
    this.problem = problem;
    this.updateRoom();
    await sleep(restAfterFullDiskMs, undefined, { signal: this.ending.signal }).catch(() => undefined);
    this.problem = undefined;
    this.updateRoom();
  }

  private eventsOf(task: Task): Parameters<typeof doJob>[2] {
    const { key } = task.job;
    const { signal: stop } = task.stop;
    let toldAt = 0;
    const progress = (stage: string, done: number, total: number): void => {
      task.fraction = total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;
      task.stage = stage;
      if (Date.now() - toldAt < 300) return;
      toldAt = Date.now();
      this.link.say(
        progressSubject(key),
        this.seal.close(progressSubject(key), { key, agent: this.id, stage, done, total }),
      );
    };
    return { began: () => progress('began', 0, 0), progress, log: () => undefined, stop };
  }

  private get by(): Outcome['by'] {
    const { name, facts } = this.options;
    return { agent: this.id, name, machine: facts.machine.id };
  }

  private async announceAlways(): Promise<void> {
    const { signal } = this.ending;
    while (!signal.aborted) {
      await this.announce();
      await sleep(aliveEveryMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Says that it is there. While the server is away, nobody needs to know. */
  private async announce(): Promise<void> {
    const { raw } = this.link;
    if (!raw || this.ending.signal.aborted) return;
    const subject = `whittle.agent.${this.id}`;
    const agent = await this.view();
    const { answers } = this.calls;
    const bytes = this.seal.close(subject, { agent: { ...agent, answers }, steps: stepIdentity });
    raw.publish(`$KV.${agentBucket}.${this.id}`, bytes);
  }

  private async view(): Promise<AgentView> {
    const { name, facts, slots, folder, cacheLimitBytes } = this.options;
    const free = await freeBytes(folder);
    return {
      id: this.id,
      name,
      ...facts,
      version: ownVersion,
      slots,
      state: this.isDraining ? 'draining' : this.tasks.size > 0 ? 'working' : 'idle',
      ...(this.problem !== undefined && { problem: this.problem }),
      steps: [...this.tasks.values()].map(taskView),
      load: loadavg()[0],
      ...(free !== undefined && { freeBytes: free }),
      cache: { bytes: this.cache.bytes, limitBytes: cacheLimitBytes },
      finishedSteps: this.finished,
      failedSteps: this.failed,
      ...this.store.traffic,
      startedAt: this.startedAt,
      lastSeen: new Date().toISOString(),
    };
  }
}
