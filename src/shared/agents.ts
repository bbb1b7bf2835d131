import { z } from 'zod';
import { machineSchema } from './run';

/** Other machines that take steps of sweeps: what the window and the command line see of them. */

const agentStates = ['idle', 'working', 'draining', 'silent'] as const;

/** Of a trial as people know it, characters. */
export const trialLength = 200;

/** A step that an agent has under way. */
const agentStepSchema = z.object({
  key: z.string(),
  kind: z.string(),
  /** As the plan says it. */
  title: z.string(),
  /** A trial that it is for, as people know it: "mobilenetv2 · int8". */
  trial: z.string().max(trialLength).optional(),
  startedAt: z.iso.datetime(),
  stage: z.string().optional(),
  /** Share that is done, 0 to 1. */
  fraction: z.number().min(0).max(1),
});

export const agentSchema = z.object({
  /** Stays the same as long as its folder does. */
  id: z.string().min(1).max(64),
  /** The machine's name; for people. */
  name: z.string().max(200),
  labels: z.array(z.string().min(1).max(40)).max(16),
  /** Of Whittle. */
  version: z.string(),
  machine: machineSchema,
  /** Versions of what runs there, by id of the runtime. */
  runtimes: z.record(z.string(), z.string()),
  /** Jobs at once, beside each other; those that take times run alone. */
  slots: z.number().int().min(1),
  state: z.enum(agentStates),
  /** Why no step is given to it, where none is: a sentence. */
  problem: z.string().optional(),
  steps: z.array(agentStepSchema),
  /** Average number of busy cores over the last minute. */
  load: z.number().optional(),
  freeBytes: z.number().optional(),
  /** What it keeps of models, images and artifacts, and how much it may. */
  cache: z.object({ bytes: z.number(), limitBytes: z.number() }),
  /** Since it was started. */
  finishedSteps: z.number().int(),
  failedSteps: z.number().int(),
  receivedBytes: z.number(),
  sentBytes: z.number(),
  startedAt: z.iso.datetime(),
  lastSeen: z.iso.datetime(),
});
export type Agent = z.infer<typeof agentSchema>;

/** `alone`: no server is named. `lost`: it was reached and is not any more; it is tried again. */
export const machinesStatusSchema = z.object({
  link: z.enum(['alone', 'connecting', 'connected', 'lost']),
  server: z.string().optional(),
  /** A sentence, where the server cannot be used. */
  problem: z.string().optional(),
  agents: z.array(agentSchema),
});
export type MachinesStatus = z.infer<typeof machinesStatusSchema>;

/** Where the steps of a plan that are left to do will run; each step is in one line. */
export const planPlaceSchema = z.object({
  /** "this machine", a label, an agent's name, or the names of some, as "board-1, board-2" or "any of 7 machines". */
  place: z.string(),
  steps: z.number().int(),
  /** Agents that fit now; absent for this machine. */
  agents: z.number().int().optional(),
  /** Why nobody can do them: a sentence. */
  problem: z.string().optional(),
});
export type PlanPlace = z.infer<typeof planPlaceSchema>;
