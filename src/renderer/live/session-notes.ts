import { foreignClassesSentence } from '@shared/live/foreign-classes';
import { formatCounted } from '@shared/format';
import { comparisonSentence, type ClassComparison } from '@shared/live/class-comparison';
import type { LiveImages } from '@shared/live/session';

/**
 * What a person has to know of a session to read its counts, as sentences.
 * @param model the first side's
 */
export function sessionNotes(
  comparison: ClassComparison | undefined,
  images: Partial<Pick<LiveImages, 'gone' | 'images'>> | undefined,
  model = '',
): string[] {
  const { gone = 0 } = images ?? {};
  const foreign = foreignClassesSentence(images?.images?.flatMap((image) => image.foreign ?? []) ?? [], model);
  const missing =
    gone > 0 &&
    `${formatCounted(gone, 'image is', 'images are')} missing: no longer in the dataset, or of a class that the first model does not know.`;
  return [comparisonSentence(comparison), missing, foreign].filter((note): note is string => Boolean(note));
}
