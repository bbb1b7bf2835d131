import type { ClassCount } from '@shared/dataset';
import { splits } from '@shared/dataset';
import type { Dataset } from './dataset';

/** How many images of each class the splits took, in the order of the classes; classes without any are left out. */
export function classCounts(dataset: Pick<Dataset, 'eval' | 'calibration' | 'train' | 'labelNames'>): ClassCount[] {
  const counts = new Map<number, ClassCount>();
  for (const split of splits) {
    for (const { label } of dataset[split].entries) {
      if (label < 0) continue;
      const name = dataset.labelNames?.[label] ?? String(label);
      const count = counts.get(label) ?? { label, name, images: { calibration: 0, train: 0, eval: 0 } };
      count.images[split]++;
      counts.set(label, count);
    }
  }
  return [...counts.values()].sort((a, b) => a.label - b.label);
}
