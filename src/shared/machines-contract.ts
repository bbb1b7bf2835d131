import { z } from 'zod';
import { machinesStatusSchema } from './agents';
import { nothing, rpc, signal, type Endpoint } from './endpoints';
import { serverAddressSchema } from './server-address';

const agentRef = z.strictObject({ agent: z.string().min(1).max(64) });

/** What the window may ask of other machines. */
export const machinesContract = {
  /** Other machines that take steps, and the server they are reached through. */
  'machines.status': signal(machinesStatusSchema),
  /** Works with the machines at a server, now and after every start; null: alone. */
  'machines.connect': rpc(z.strictObject({ server: serverAddressSchema.nullable() }), nothing),
  /** A code for another machine to join with. It holds the key that jobs are signed with. */
  'machines.invite': rpc(nothing, z.strictObject({ code: z.string() })),
  /** Gives no more steps to a machine, or some again. */
  'machines.drain': rpc(agentRef.extend({ isDraining: z.boolean() }), nothing),
  /** Forgets a machine: it takes no steps until it joins again. */
  'machines.remove': rpc(agentRef, nothing),
} satisfies Record<string, Endpoint>;
