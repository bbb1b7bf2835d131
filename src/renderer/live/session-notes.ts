import { formatNumber } from '@shared/format';
import { comparisonSentence, type ClassComparison } from '@shared/live/class-comparison';
import type { LiveImages } from '@shared/live/session';

/** What a person has to know of a session to read its counts, as sentences. */
export function sessionNotes(
  comparison: ClassComparison | undefined,
  images: Pick<LiveImages, 'gone'> | undefined,
): string[] {
  const { gone = 0 } = images ?? {};
  const missing =
    gone > 0 &&
    `${formatNumber(gone)} ${gone === 1 ? 'image is' : 'images are'} missing: no longer in the dataset, or of a class that the first network does not know.`;
  return [comparisonSentence(comparison), missing].filter((note): note is string => Boolean(note));
}
