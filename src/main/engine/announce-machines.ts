import type { MachinesStatus } from '@shared/agents';
import type { MachinesDesk } from './machines-desk';
import { throttle } from './throttle';

/** Machines tell of themselves one by one, and many at a time. */
const atMostEveryMs = 250;

/** Tells the state now and whenever it changes. Returns what ends it. */
export async function announceMachines(
  machines: MachinesDesk,
  announce: (status: MachinesStatus) => void,
): Promise<() => void> {
  let latest = 0;
  const look = async (): Promise<void> => {
    const turn = ++latest;
    const status = await machines.status();
    // A look that took longer than the next one tells of the past.
    if (turn === latest) announce(status);
  };
  const lookSoon = throttle(atMostEveryMs, () => void look());
  const stop = machines.onChange(() => lookSoon(undefined));
  await look();
  return stop;
}
