import { createHash, randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import type { Agent, MachinesStatus } from '@shared/agents';
import { AppError } from '@shared/errors';
import { shownServer } from '@shared/server-address';
import type { Contents } from '../jobs/order';
import { Announcer } from './announce';
import { Board } from './board';
import { ControlLine } from './control';
import { FileStore } from './file-store';
import { Link } from './link';
import { keyOf, type Membership } from './membership';
import { whileNone } from './patience';
import { Presences } from './presences';
import {
  agentBucket,
  callEveryMs,
  callSubject,
  outcomeSubject,
  progressSchema,
  progressSubject,
  type AgentJob,
  type DoneOutcome,
  type StepControl,
} from './protocol';
import { PublishedStep, type Publisher, type StepToDo } from './published-step';
import { classOf } from './requirement';
import { RollCall } from './roll-call';
import { Seal } from './seal';
import { stepIdentity } from './step-identity';
import { watchBucket } from './watch-bucket';
import type { Requirement } from '../sweep/plan';
import { fits } from '../sweep/requirement';

export interface CoordinatorOptions {
  membership: Membership;
  name: string;
  contents: Contents;
  changed(): void;
  /** A line for people. */
  say(line: string): void;
}

/** What the server may keep of files, bytes; what was stored longest ago goes first. */
const storeLimitBytes = 100e9;
/** How long the first look at who is there may take. */
const firstLookMs = 5000;
/** How long one that closes tells what it wants no more. */
const farewellMs = 3000;
const toldEveryMs = 300;
/** Who may do a step is not counted anew for each of a hundred thousand. */
const countedMs = 1000;
const takenOutMs = 1000;
/** How often a step that somebody else has is looked after, in case that what was said of it was lost. */
const lookEveryMs = 5000;

/** This machine as one that gives steps to agents. */
export class Coordinator implements Publisher {
  readonly server: string;
  problem: string | undefined;
  readonly board: Board;
  readonly store: FileStore;
  readonly announcer: Announcer;
  private readonly link_: Link;
  private readonly seal: Seal;
  private readonly presences: Presences;
  private readonly calls: RollCall;
  private readonly commands: ControlLine;
  private readonly ending = new AbortController();
  private readonly steps = new Map<string, PublishedStep>();
  private readonly farewells = new Set<Promise<void>>();
  private looked = (): void => undefined;
  /** Who is there is known, or will not be soon. */
  readonly ready: Promise<void>;
  private lostAt: number | undefined = Date.now();
  private readonly slots = new Map<string, { slots: number; at: number; news: number }>();
  private presentBefore = 0;
  private isTelling = false;
  /** Counts agents that came or went. */
  private news = 0;
  private readonly changes = new Set<() => void>();

  constructor(private readonly options: CoordinatorOptions) {
    const { membership, name, contents, changed, say } = options;
    // Every step that is out listens.
    setMaxListeners(0, this.ending.signal);
    this.server = membership.server;
    this.seal = new Seal(keyOf(membership));
    this.calls = new RollCall((call) => this.link_.say(callSubject, this.seal.close(callSubject, call)));
    this.presences = new Presences(this.seal, this.calls, () =>
      say('An agent on this server has another key: give it a code of "whittle agent invite" of this machine.'),
    );
    const server = shownServer(membership.server);
    let wasLost = false;
    this.link_ = new Link({
      ...membership,
      name: `whittle ${name}`,
      changed: (state, problem) => {
        if (state === 'connected') this.problem = problem && `${server} ${problem}`;
        else this.problem = `${server} cannot be reached${problem ? ` (${problem})` : ''}`;
        if (state === 'connected') {
          if (this.problem !== undefined) say(`${this.problem}.`);
          else if (wasLost) say(`${server} is there again.`);
        } else if (!wasLost) say(`${this.problem}; it is tried again and again.`);
        wasLost = state !== 'connected';
        this.lostAt = wasLost ? (this.lostAt ?? Date.now()) : undefined;
        changed();
      },
    });
    this.board = new Board(this.link_, this.seal, say);
    this.store = new FileStore(this.link_);
    this.announcer = new Announcer(contents, this.store);
    this.commands = new ControlLine(this.link_, this.seal);
    this.ready = new Promise((resolve) => {
      this.looked = resolve;
      setTimeout(resolve, firstLookMs).unref();
    });
  }

  /** Throws `agents.server`. */
  async open(): Promise<void> {
    const { signal } = this.ending;
    await this.link_.open();
    this.link_.subscribe(outcomeSubject('*'), ({ subject, data }) => {
      const key = subject.slice(outcomeSubject('').length);
      const step = this.steps.get(key);
      const outcome = step && this.board.readOutcome(key, data);
      if (outcome) step.heard(outcome);
      // Where somebody else stopped it, it takes a moment until it is out of its line.
      if (outcome?.is === 'stopped') setTimeout(() => this.steps.get(key)?.lookAfter(true), takenOutMs).unref();
    });
    this.link_.subscribe(progressSubject('*'), ({ subject, data }) => {
      const step = this.steps.get(subject.slice(progressSubject('').length));
      if (!step) return;
      try {
        const { stage, done, total } = this.seal.open(subject, data, progressSchema);
        step.progressed(stage, done, total);
      } catch {
        // Not from a machine of ours.
      }
    });
    this.link_.onRestored(() => {
      this.calls.next();
      this.lookAfterAll(true);
    });
    setInterval(() => this.calls.next(), callEveryMs).unref();
    // Somebody else wanted it too, and took it out of its line.
    this.commands.hearOfStep('*', (control) => {
      if (control.do === 'cancel') this.steps.get(control.key)?.lookAfter(true);
    });
    setInterval(() => this.lookAfterAll(), lookEveryMs).unref();
    void (async () => {
      await this.board.prepare();
      await this.store.prepare();
      let isFilled = false;
      watchBucket(
        this.link_,
        agentBucket,
        signal,
        (id, bytes) => {
          const before = this.presences.takesSteps(id);
          const isNews = this.presences.heard(id, bytes);
          if (isFilled && !this.presences.isWaiting) this.looked();
          if (!isNews) return;
          if (this.presences.takesSteps(id) !== before) this.news++;
          this.agentsChanged();
        },
        () => {
          isFilled = true;
          if (!this.presences.isWaiting) this.looked();
        },
      );
      await this.store.prune(storeLimitBytes);
    })().catch((thrown: unknown) => {
      if (signal.aborted) return;
      this.problem = (thrown as Error).message;
      this.options.say(`${shownServer(this.server)}: ${this.problem}`);
      this.options.changed();
    });
  }

  get link(): MachinesStatus['link'] {
    return this.link_.state;
  }

  /** How long the server has been away, milliseconds; 0: it is there. */
  get lostForMs(): number {
    return this.lostAt === undefined ? 0 : Date.now() - this.lostAt;
  }

  agents(): Agent[] {
    return this.presences.all();
  }

  /** Steps that agents which may do it, and would take it, have room for at once; up to a second old. */
  slotsFor(requirement: Requirement): number {
    const classId = classOf(requirement, stepIdentity);
    const known = this.slots.get(classId);
    if (known && Date.now() - known.at < countedMs && known.news === this.news) return known.slots;
    const fitting = this.presences.present().filter((agent) => fits(requirement, agent));
    const slots = fitting.reduce((sum, agent) => sum + agent.slots, 0);
    this.slots.set(classId, { slots, at: Date.now(), news: this.news });
    return slots;
  }

  /** Tells when agents come, go, or change. */
  onAgents(listener: () => void): void {
    this.changes.add(listener);
  }

  sayOfStep(control: StepControl): void {
    this.commands.sayOfStep(control);
  }

  farewell(said: Promise<void>): void {
    this.farewells.add(said);
    void said.finally(() => this.farewells.delete(said));
  }

  /** An agent that drains finishes what it has and takes nothing more. */
  drain(agent: string, isDraining: boolean): void {
    this.commands.sayToAgent(agent, { do: 'drain', isDraining });
  }

  /** An agent that is there ends; one that is silent is not shown any more. */
  remove(agent: string): void {
    this.commands.sayToAgent(agent, { do: 'leave' });
    this.presences.forget(agent);
    this.agentsChanged();
  }

  /** Puts a step into its line, unless it is done or stands there already. */
  async give(step: StepToDo, signal: AbortSignal): Promise<DoneOutcome> {
    const published = new PublishedStep(step, this);
    this.steps.set(step.key, published);
    try {
      return await whileNone([signal, this.ending.signal], (both) => published.finish(both));
    } finally {
      this.steps.delete(step.key);
    }
  }

  /** What a step left, and its file where it is to be. Throws `agents.gone`, `agents.damaged` where it is not there any more. */
  async takeIn({ result, artifact }: DoneOutcome, path: string | undefined, signal: AbortSignal): Promise<unknown> {
    if (artifact) {
      if (path === undefined) throw new AppError('agents.damaged', { file: artifact.sha256 });
      await this.store.fetch({ name: artifact.sha256, ...artifact }, path, signal);
    }
    if ('inline' in result) return result.inline;
    const temporary = this.options.contents.outputPath(`${process.pid}-result-${this.newJobId()}`);
    await this.store.fetch({ name: result.sha256, ...result }, temporary, signal);
    try {
      return JSON.parse(
        gunzipSync(await readFile(temporary), { maxOutputLength: 1 << 30 }).toString('utf8'),
      ) as unknown;
    } finally {
      await rm(temporary, { force: true });
    }
  }

  newJobId(): AgentJob['id'] {
    return createHash('sha256').update(randomBytes(32)).digest('hex').slice(0, 32);
  }

  async close(): Promise<void> {
    this.ending.abort();
    const said = Promise.all(this.farewells);
    if (this.link_.raw) await Promise.race([said, sleep(farewellMs, undefined, { ref: false })]);
    await this.link_.close();
  }

  private lookAfterAll(isAfterLoss = false): void {
    for (const step of this.steps.values()) step.lookAfter(isAfterLoss);
    // Nobody says that it fell silent.
    const present = this.presences.present().length;
    if (present !== this.presentBefore) this.agentsChanged();
    this.presentBefore = present;
  }

  /** A thousand agents say something every few seconds; people read once a second. */
  private agentsChanged(): void {
    for (const listener of this.changes) listener();
    if (this.isTelling) return;
    this.isTelling = true;
    setTimeout(() => {
      this.isTelling = false;
      this.options.changed();
    }, toldEveryMs).unref();
  }
}
