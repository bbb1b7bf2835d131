import { formatNumber } from '@shared/format';
import type { DatasetSummary } from '@shared/dataset';
import { classBalance } from '@shared/class-balance';

const sparseShown = 5;

/** "  per class    24 to 50 images for evaluation (median 50); fewest: church 24, …". Nothing without labels. */
export function balanceText({ classCounts, classes }: Pick<DatasetSummary, 'classCounts' | 'classes'>): string {
  const balance = classBalance(classCounts, 'eval');
  if (!balance) return '';
  const { least, most, median, present } = balance;
  const missing = classes - present;
  const fewest = balance.ascending.slice(0, sparseShown).map(({ name, images }) => `${name} ${images.eval}`);
  return (
    `  per class    ${least === most ? least : `${least} to ${most}`} images for evaluation (median ${median})` +
    `${least === most ? '' : `; fewest: ${fewest.join(', ')}`}\n` +
    (missing > 0 ? `  absent       ${missing} of ${classes} classes have no evaluation image\n` : '')
  );
}

export function duplicatesText({ duplicates }: Pick<DatasetSummary, 'duplicates'>): string {
  const { within, between, groups, examples } = duplicates;
  if (groups === 0) return '  duplicates   none (same bytes; scaled or re-saved copies are not looked for)\n';
  const shown = examples.slice(0, 3).map((files) => `               ${files.join(' = ')}\n`);
  const rest = groups - shown.length;
  return (
    `  duplicates   ${formatNumber(within)} within a split, ${formatNumber(between)} in an earlier split too; each is used once\n` +
    `${shown.join('')}${rest > 0 ? `               and ${rest} more\n` : ''}`
  );
}

/** "  training     class folders (synsets) in images/train". Nothing where training images are the dataset's own. */
export function trainingText({ trainingFolder }: Pick<DatasetSummary, 'trainingFolder'>): string {
  return trainingFolder ? `  training     ${trainingFolder.layout} in ${trainingFolder.path}\n` : '';
}
