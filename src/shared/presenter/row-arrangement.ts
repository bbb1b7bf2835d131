import { z } from 'zod';
import type { RunPresentation } from './reading';
import type { MatrixRow } from './rows';

/** Which recipes are shown, beside a filter by words. */
export const arrangementSchema = z.object({
  /** Names of recipes that stay in view below the baseline. */
  pinned: z.array(z.string().max(200)).max(1000),
  /** Only recipes whose time or top-1 clearly differs on one of the networks shown. */
  onlyClear: z.boolean(),
});

/** Whether time or top-1 of the recipe is a clear gain or loss on one of the networks. Sizes are exact, so nearly all of them differ. */
export function hasClearDifference(
  { read }: Pick<RunPresentation, 'read'>,
  { trials }: MatrixRow,
  models: readonly string[],
  target: string,
): boolean {
  return models.some((model) => {
    const trial = trials.get(model);
    return (
      trial !== undefined &&
      (['ratio', 'top1'] as const).some((metric) => {
        const verdict = read(metric, trial, target)?.change?.verdict;
        return verdict === 'gain' || verdict === 'loss';
      })
    );
  });
}
