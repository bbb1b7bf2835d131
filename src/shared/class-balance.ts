import type { ClassCount, Split } from './dataset';

export interface ClassBalance {
  /** Images of the smallest and the largest class, and of the one in the middle. */
  least: number;
  most: number;
  median: number;
  /** Classes that have an image. */
  present: number;
  /** The smallest first; equal ones in the order of the classes. */
  ascending: ClassCount[];
}

/** How evenly a split covers its classes; undefined where no class has an image in it. */
export function classBalance(counts: readonly ClassCount[], split: Split): ClassBalance | undefined {
  const ascending = counts.filter(({ images }) => images[split] > 0).sort((a, b) => a.images[split] - b.images[split]);
  const present = ascending.length;
  if (present === 0) return undefined;
  const at = (index: number): number => ascending[index]!.images[split];
  const median = (at((present - 1) >> 1) + at(present >> 1)) / 2;
  return { least: at(0), most: at(present - 1), median, present, ascending };
}
