import type { ClassMapping } from '@shared/dataset';
import type { ModelCard } from '@shared/model-card';
import { nearestName } from '@shared/nearest-name';
import { classCounts } from './class-counts';
import type { Dataset } from './dataset';
import { matchNames, classNamesOf } from './map-classes';

/**
 * What each class of a dataset is to a network, by number and by name. Folders named by hand count as classes in the order of their
 * names, so by number they become whatever the network has there: this shows it before a night is spent on it.
 */
export function classMapping(
  dataset: Pick<Dataset, 'eval' | 'calibration' | 'train' | 'labels' | 'labelNames'>,
  card: Pick<ModelCard, 'name' | 'labels' | 'labelNames' | 'output'>,
): ClassMapping {
  const theirs = classNamesOf(card);
  const ours = classNamesOf(dataset);
  const byName = ours && theirs ? matchNames(ours, theirs) : undefined;
  const rows = classCounts(dataset).map(({ label, name, images }) => {
    const named = byName?.[label];
    return {
      label,
      name,
      images: images.eval + images.calibration + images.train,
      byNumber: theirs?.[label],
      byName: named === undefined ? undefined : theirs?.[named],
      near: named === undefined && theirs && ours ? nearestName(name, [...theirs]) : undefined,
    };
  });
  return {
    model: card.name,
    classes: card.output.classes,
    namesKnown: byName !== undefined,
    sameList: dataset.labels !== undefined && dataset.labels === card.labels,
    rows,
  };
}
