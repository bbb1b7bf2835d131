import { z } from 'zod';
import { planPlaceSchema } from './agents';

/** What a sweep would do and what that costs, before it is started. */
export const sweepPlanSchema = z.object({
  trials: z.number().int(),
  /** Names of the recipes that run, ranges expanded, in their order. */
  recipes: z.array(z.string()),
  /** Each counted once, however many trials need it. */
  steps: z.number().int(),
  /** Steps whose result is in the store already. */
  cachedSteps: z.number().int(),
  /** Steps that trials have in common and that are therefore not done again. */
  sharedSteps: z.number().int(),
  /** What is left takes between these in about four of five sweeps, milliseconds; absent where nothing of the kind has run here. */
  time: z.object({ lowMs: z.number(), highMs: z.number() }).optional(),
  /** Steps of a kind that has never run here, which `time` does not count. */
  unknownSteps: z.number().int(),
  /** Trainings that `time` counts by what such trainings took elsewhere, since none has run here; absent: none. */
  roughSteps: z.number().int().optional(),
  /** What it may write. */
  diskBytes: z.number(),
  /** Room on the disk of the workspace; absent where the system does not tell. */
  freeBytes: z.number().optional(),
  /** Sentences the person should read before starting. */
  warnings: z.array(z.string()),
  /** Where the steps that are left will run; absent where no other machine is there or asked for. */
  places: z.array(planPlaceSchema).optional(),
});
export type SweepPlan = z.infer<typeof sweepPlanSchema>;
