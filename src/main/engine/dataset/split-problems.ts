import type { ImageProblem } from '@shared/dataset';
import { basename } from 'node:path';
import type { ChosenSplits } from './choose-splits';
import { firstFew } from './first-few';

/** What came in the way when splits were chosen: what concerns many images first. */
export function splitProblems(
  { conflicting, overlapping }: Pick<ChosenSplits, 'conflicting' | 'overlapping'>,
  path: string,
): ImageProblem[] {
  const overlaps = Object.entries(overlapping).map(([split, entries]) => ({
    file: path,
    message: `${entries.length} images for ${split} are also in a split before it (eval first) and are left out of ${split}: ${firstFew(entries.map((entry) => basename(entry.path)))}.`,
  }));
  const conflicts = conflicting.map((entry) => ({
    file: entry.path,
    message: `${entry.path} is there again under another class; only the lowest class is kept.`,
  }));
  return [...overlaps, ...conflicts];
}
