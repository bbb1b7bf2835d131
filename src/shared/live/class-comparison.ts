import { z } from 'zod';

/** How the classes of two sides compare: each of the first as the second numbers it, null for one it does not have; or why nobody can tell. */
export const classComparisonSchema = z.union([
  z.object({
    classOf: z.array(z.number().int().min(0).nullable()),
    /** What has to be known of it, as a sentence. */
    note: z.string().optional(),
  }),
  z.object({ problem: z.string() }),
]);
export type ClassComparison = z.infer<typeof classComparisonSchema>;

/** A class of the first side as `side` numbers it; undefined where it has none such, or where that is not known. */
export function classOnSide(
  side: 0 | 1,
  index: number | undefined,
  comparison: ClassComparison | undefined,
): number | undefined {
  if (side === 0 || index === undefined) return index;
  return comparison && 'classOf' in comparison ? (comparison.classOf[index] ?? undefined) : undefined;
}

/** What has to be said of how two sides compare: why they do not, or under which condition they do. */
export function comparisonSentence(comparison: ClassComparison | undefined): string | undefined {
  return comparison && ('problem' in comparison ? comparison.problem : comparison.note);
}
