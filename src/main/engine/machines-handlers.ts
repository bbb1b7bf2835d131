import type { EngineContract } from '@shared/contract';
import type { Handlers } from '@shared/rpc';
import type { Engine } from './create-engine';

type MachinesName = Extract<keyof Handlers<EngineContract>, `machines.${string}`>;

/** The engine's answers about other machines. */
export function machinesHandlers({ machines }: Pick<Engine, 'machines'>): Pick<Handlers<EngineContract>, MachinesName> {
  return {
    'machines.connect': ({ server }) => machines.connect(server ?? undefined),
    'machines.invite': async () => ({ code: await machines.invite() }),
    'machines.drain': ({ agent, isDraining }) => machines.drain(agent, isDraining),
    'machines.remove': ({ agent }) => machines.remove(agent),
  };
}
