import type { Agent } from '@shared/agents';
import { presenceSchema, silentAfterMs } from './protocol';
import type { RollCall } from './roll-call';
import type { Seal } from './seal';
import { ownVersion, stepIdentity } from './step-identity';

/** How long an agent that is silent is still shown. */
const shownMs = 10 * 60_000;

interface Known {
  agent: Agent;
  heardAt: number;
  isOther: boolean;
}

/** Which agents are there, as they say themselves. */
export class Presences {
  private readonly known = new Map<string, Known>();
  /** What each said last, by the call that it answers and its own clock, also of those that are gone: nobody else brings them back. */
  private readonly spoke = new Map<string, { call: number; at: number }>();
  /** They left a word on the server, and answered no call yet. */
  private readonly unanswered = new Set<string>();
  private hasStrangers = false;

  /** @param strange called once, where others meet on the same server */
  constructor(
    private readonly seal: Seal,
    private readonly calls: Pick<RollCall, 'answered' | 'repeat'>,
    private readonly strange: () => void = () => undefined,
  ) {}

  /** Answers whether it was news of an agent of ours. */
  heard(id: string, bytes: Uint8Array | undefined, now = Date.now()): boolean {
    if (!bytes) {
      this.unanswered.delete(id);
      return this.known.delete(id);
    }
    try {
      const {
        agent: { answers, ...agent },
        steps,
      } = this.seal.open(`whittle.agent.${id}`, bytes, presenceSchema);
      if (agent.id !== id) return false;
      const isOther = steps !== stepIdentity;
      const call = this.calls.answered(answers);
      if (call === undefined && !(isOther && answers === undefined)) {
        // It did not hear the call yet, or somebody sends again what was recorded.
        if (!this.takesSteps(id, now)) this.unanswered.add(id);
        this.calls.repeat();
        return false;
      }
      if (!this.isNew(id, call ?? 0, Date.parse(agent.lastSeen))) return false;
      this.unanswered.delete(id);
      const problem = `It has ${agent.version === ownVersion ? 'another build of ' : ''}Whittle ${agent.version}, and this machine ${ownVersion}: install the same on both`;
      // What protocol 2 says of a machine may have been said long ago.
      const labels = call === undefined ? [] : agent.labels;
      this.known.set(id, { agent: isOther ? { ...agent, labels, problem } : agent, heardAt: now, isOther });
      return true;
    } catch {
      if (!this.hasStrangers) this.strange();
      this.hasStrangers = true;
      return false;
    }
  }

  /** Somebody may be there who did not say so yet. */
  get isWaiting(): boolean {
    return this.unanswered.size > 0;
  }

  /** Whether it was said after what was heard of it before; within a call, its own clock tells. */
  private isNew(id: string, call: number, at: number): boolean {
    const before = this.spoke.get(id);
    if (before && (call < before.call || (call === before.call && at <= before.at))) return false;
    this.spoke.set(id, { call, at });
    return true;
  }

  /** One that is silent is not shown any more, unless it speaks again. */
  forget(id: string, now = Date.now()): void {
    const one = this.known.get(id);
    if (one && isSilent(one, now)) this.known.delete(id);
  }

  all(now = Date.now()): Agent[] {
    return [...this.known.values()]
      .filter(({ heardAt }) => now - heardAt < shownMs)
      .map((one) => (isSilent(one, now) ? { ...one.agent, state: 'silent' as const } : one.agent));
  }

  /** Those that take steps. */
  present(now = Date.now()): Agent[] {
    return [...this.known.values()].flatMap((one) => (takesSteps(one, now) ? [one.agent] : []));
  }

  takesSteps(id: string, now = Date.now()): boolean {
    const one = this.known.get(id);
    return one !== undefined && takesSteps(one, now);
  }
}

const isSilent = ({ heardAt }: Known, now: number): boolean => now - heardAt > silentAfterMs;

function takesSteps(one: Known, now: number): boolean {
  const { agent, isOther } = one;
  return !isOther && !isSilent(one, now) && agent.state !== 'draining' && agent.problem === undefined;
}
