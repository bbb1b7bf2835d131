import type { Agent } from '@shared/agents';
import { controlValidMs, presenceSchema, silentAfterMs } from './protocol';
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
  /** When each said something last, by its own clock, also of those that are gone: nobody else brings them back. */
  private readonly spoke = new Map<string, string>();

  private hasStrangers = false;
  /** Some spoke whose clock is wrong, or somebody sent again what they said long ago: the next word tells. */
  hasDoubtful = false;

  /** @param strange called once, where others meet on the same server */
  constructor(
    private readonly seal: Seal,
    private readonly strange: () => void = () => undefined,
  ) {}

  /** Answers whether it was news of an agent of ours. */
  heard(id: string, bytes: Uint8Array | undefined, now = Date.now()): boolean {
    if (!bytes) return this.known.delete(id);
    try {
      const { agent, steps } = this.seal.open(`whittle.agent.${id}`, bytes, presenceSchema);
      const before = this.spoke.get(id);
      // Sent again by somebody who recorded it.
      if (agent.id !== id || (before !== undefined && !isLater(agent.lastSeen, before, now))) return false;
      this.spoke.set(id, agent.lastSeen);
      if (before === undefined && !isRecent(agent.lastSeen, now)) {
        this.hasDoubtful = true;
        return false;
      }
      const isOther = steps !== stepIdentity;
      const problem = `It has ${agent.version === ownVersion ? 'another build of ' : ''}Whittle ${agent.version}, and this machine ${ownVersion}: install the same on both`;
      this.known.set(id, { agent: isOther ? { ...agent, problem } : agent, heardAt: now, isOther });
      return true;
    } catch {
      if (!this.hasStrangers) this.strange();
      this.hasStrangers = true;
      return false;
    }
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

/** Whether one time is after another, or the right one after a clock was far ahead. */
function isLater(time: string, before: string, now: number): boolean {
  const [at, last] = [Date.parse(time), Date.parse(before)];
  return at > last || (last > now + controlValidMs && isRecent(time, now));
}

const isRecent = (time: string, now: number): boolean => Math.abs(Date.parse(time) - now) <= controlValidMs;

const isSilent = ({ heardAt }: Known, now: number): boolean => now - heardAt > silentAfterMs;

function takesSteps(one: Known, now: number): boolean {
  const { agent, isOther } = one;
  return !isOther && !isSilent(one, now) && agent.state !== 'draining' && agent.problem === undefined;
}
