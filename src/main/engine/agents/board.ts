import { AckPolicy, DiscardPolicy, RetentionPolicy } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import type { z } from 'zod';
import type { Requirement } from '../sweep/plan';
import { isMessageGone, isOvertaken, isSubjectTaken, type Link } from './link';
import {
  ackWaitMs,
  agentBucket,
  classBucket,
  classSchema,
  jobSchema,
  outcomeSchema,
  outcomeStream,
  outcomeSubject,
  silentAfterMs,
  stepStream,
  stepSubject,
  type AgentJob,
  type DoneOutcome,
  type Outcome,
} from './protocol';
import { Rejected, type Seal } from './seal';
import { ownVersion, stepIdentity } from './step-identity';

const nanosPerMs = 1e6;
/** Of a step in its line. */
interface Place {
  subject: string;
  sequence: number;
}
export type Standing = Place & { job: AgentJob };

const outcomesKeptMs = 90 * 24 * 3600_000;

/** Steps that wait for an agent, and what came of them, on the server. */
export class Board {
  private readonly known = new Set<string>();

  constructor(
    private readonly link: Link,
    private readonly seal: Seal,
    /** Something was found that this key did not sign. */
    private readonly rejected: (what: string) => void = () => undefined,
  ) {
    link.onMissing(() => this.prepare());
  }

  /** Makes streams and buckets where they are not there. */
  async prepare(): Promise<void> {
    this.known.clear();
    await this.link.ask(async (_stream, manager) => {
      await manager.streams.add({
        name: stepStream,
        subjects: [stepSubject('*', '*')],
        retention: RetentionPolicy.Workqueue,
        // One message a step: the second that publishes it is told, for exactly as long as the first is there.
        max_msgs_per_subject: 1,
        discard: DiscardPolicy.New,
        discard_new_per_subject: true,
        allow_direct: true,
      });
      await manager.streams.add({
        name: outcomeStream,
        subjects: [outcomeSubject('*')],
        max_msgs_per_subject: 1,
        max_age: outcomesKeptMs * nanosPerMs,
        allow_direct: true,
      });
      const buckets = new Kvm(manager.jetstream());
      await buckets.create(agentBucket, { ttl: silentAfterMs, history: 1 });
      await buckets.create(classBucket, { ttl: outcomesKeptMs, history: 1 });
    });
  }

  /** Makes the line of a class, and tells what it is for. */
  async openClass(classId: string, requirement: Requirement, signal?: AbortSignal): Promise<void> {
    if (this.known.has(classId)) return;
    await this.link.ask(async (_stream, manager) => {
      await addLine(manager, classId);
      const bucket = await new Kvm(manager.jetstream()).open(classBucket);
      const entry = { requirement, steps: stepIdentity, version: ownVersion };
      await bucket.put(classId, this.seal.close(classSubject(classId), entry));
    }, signal);
    this.known.add(classId);
  }

  /** The line of a class, for one that found it missing. */
  async openLine(classId: string, signal: AbortSignal): Promise<void> {
    await this.link.ask((_stream, manager) => addLine(manager, classId), signal);
  }

  /** Throws `Rejected`. */
  readClass(classId: string, bytes: Uint8Array): z.infer<typeof classSchema> {
    return this.seal.open(classSubject(classId), bytes, classSchema);
  }

  /** Puts a step into its line. Undefined: it stands in it already. */
  async publish(classId: string, job: AgentJob, signal?: AbortSignal): Promise<Standing | undefined> {
    const subject = stepSubject(classId, job.key);
    const bytes = this.seal.close(subject, job);
    return this.link.ask(
      (stream) =>
        stream.publish(subject, bytes).then(
          ({ seq }) => ({ job, subject, sequence: seq }),
          (thrown: unknown) => {
            if (isSubjectTaken(thrown)) return undefined;
            throw thrown;
          },
        ),
      signal,
    );
  }

  /** How a step stands in a line, waiting or under way. What is not signed is taken out. */
  async pending(classId: string, key: string, signal?: AbortSignal): Promise<Standing | undefined> {
    const subject = stepSubject(classId, key);
    const found = await this.link.ask(
      (_stream, manager) => manager.direct.getMessage(stepStream, { last_by_subj: subject }),
      signal,
    );
    if (!found) return undefined;
    const sequence = found.seq;
    try {
      return { job: this.seal.open(subject, found.data, jobSchema), subject, sequence };
    } catch (thrown) {
      if (!(thrown instanceof Rejected)) throw thrown;
      this.rejected(`A step in line was not obeyed: ${thrown.message}.`);
      await this.withdraw({ subject, sequence }, signal);
      return undefined;
    }
  }

  /** Whether nobody withdrew it or was done with it. */
  async stands({ subject, sequence }: Place, signal?: AbortSignal): Promise<boolean> {
    const found = await this.link.ask(
      (_stream, manager) => manager.direct.getMessage(stepStream, { seq: sequence }),
      signal,
    );
    return found?.subject === subject;
  }

  /** By its number: among 20,000 others a server finds it by its subject in milliseconds, where it takes it out. */
  async withdraw(place: Place, signal?: AbortSignal): Promise<void> {
    if (await this.stands(place, signal)) await this.remove(stepStream, place.sequence, signal);
  }

  /** What came of a step, whoever did it. */
  async outcome(key: string, signal?: AbortSignal): Promise<Outcome | undefined> {
    return (await this.stored(key, signal)).outcome;
  }

  /** As a message under its subject holds it; undefined where that is not signed. */
  readOutcome(key: string, bytes: Uint8Array): Outcome | undefined {
    try {
      const outcome = this.seal.open(outcomeSubject(key), bytes, outcomeSchema);
      return outcome.key === key ? outcome : undefined;
    } catch (thrown) {
      if (!(thrown instanceof Rejected)) throw thrown;
      this.rejected(`A result was not taken: ${thrown.message}.`);
      return undefined;
    }
  }

  /** Says what came of a step. A result that is there stays: two who did the same do not overwrite each other. Answers whether it was taken. */
  async tell(outcome: Outcome, signal?: AbortSignal): Promise<boolean> {
    const { key } = outcome;
    const bytes = this.seal.close(outcomeSubject(key), outcome);
    // Mostly there is none yet.
    for (let sequence = 0; ;) {
      const isTaken = await this.link.ask(
        (stream) =>
          stream.publish(outcomeSubject(key), bytes, { expect: { lastSubjectSequence: sequence } }).then(
            () => true,
            (thrown: unknown) => {
              if (isOvertaken(thrown)) return false;
              throw thrown;
            },
          ),
        signal,
      );
      if (isTaken) return true;
      const before = await this.stored(key, signal);
      if (before.outcome?.is === 'done') return false;
      sequence = before.sequence;
    }
  }

  /** Its artifact is gone from the store: nobody can use it. */
  async forget({ key }: DoneOutcome, signal?: AbortSignal): Promise<void> {
    const { sequence } = await this.stored(key, signal);
    if (sequence > 0) await this.remove(outcomeStream, sequence, signal);
  }

  private async remove(stream: string, sequence: number, signal?: AbortSignal): Promise<void> {
    await this.link.ask(
      (_stream, manager) =>
        manager.streams.deleteMessage(stream, sequence, false).catch((thrown: unknown) => {
          // Somebody else did.
          if (!isMessageGone(thrown)) throw thrown;
        }),
      signal,
    );
  }

  private async stored(key: string, signal?: AbortSignal): Promise<{ sequence: number; outcome?: Outcome }> {
    const found = await this.link.ask(
      (_stream, manager) => manager.direct.getMessage(outcomeStream, { last_by_subj: outcomeSubject(key) }),
      signal,
    );
    return found ? { sequence: found.seq, outcome: this.readOutcome(key, found.data) } : { sequence: 0 };
  }
}

const classSubject = (classId: string): string => `whittle.class.${classId}`;

async function addLine(
  manager: { consumers: { add(stream: string, config: object): Promise<unknown> } },
  classId: string,
): Promise<void> {
  await manager.consumers.add(stepStream, {
    durable_name: classId,
    filter_subject: stepSubject(classId, '*'),
    ack_policy: AckPolicy.Explicit,
    ack_wait: ackWaitMs * nanosPerMs,
    // As many agents as there are may wait, and work.
    max_waiting: 65_536,
    max_ack_pending: -1,
  });
}
