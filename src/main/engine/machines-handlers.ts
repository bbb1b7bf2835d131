import type { EngineContract } from '@shared/contract';
import type { Handlers } from '@shared/rpc';
import type { Engine } from './create-engine';

type MachinesName = Extract<keyof Handlers<EngineContract>, `machines.${string}`>;

/** The engine's answers about other machines. */
export function machinesHandlers({
  machinesDesk,
}: Pick<Engine, 'machinesDesk'>): Pick<Handlers<EngineContract>, MachinesName> {
  return {
    'machines.connect': ({ server }) => machinesDesk.connect(server ?? undefined),
    'machines.invite': async () => ({ code: await machinesDesk.invite() }),
    'machines.drain': ({ agent, isDraining }) => machinesDesk.drain(agent, isDraining),
    'machines.remove': ({ agent }) => machinesDesk.remove(agent),
  };
}
