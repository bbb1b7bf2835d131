import { z } from 'zod';

/**
 * What a trial may cost at most; an absent limit asks for nothing. Losses and times are against what the run is compared with, the
 * time on the target that is shown.
 */
export const budgetSchema = z.strictObject({
  /** Percentage points of top-1. */
  maxDropPoints: z.number().min(0).max(100).optional(),
  /** Bytes of the file that ships. */
  maxBytes: z.number().min(1).max(1e12).optional(),
  /** Share of the reference's time: 0.5 is half of it. */
  maxLatencyRatio: z.number().positive().max(100).optional(),
});
export type Budget = z.infer<typeof budgetSchema>;

/** Whether it asks for anything. */
export function isLimited(budget: Budget | undefined): budget is Budget {
  return budget !== undefined && Object.values(budget).some((limit) => limit !== undefined);
}
