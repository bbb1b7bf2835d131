import { csvText, type CsvCell } from './csv';
import { className, type ClassFlips, type FlipReport } from './flips';
import { formatNumber, formatPercent, percentDecimals } from './format';
import { falseDiscoveryRate, formatP } from './presenter/comparison';

/** "80.1 % → 78.4 % on 1,000 labelled images: 31 lost, 14 gained, 22 from one wrong class to another." */
export function flipSummary(report: FlipReport): string {
  const { images, labelled, flips, top1Before, top1After } = report;
  const count = (kind: string): string => formatNumber(flips.filter((flip) => flip.kind === kind).length);
  if (top1Before === undefined || top1After === undefined)
    return `${count('changed')} of ${formatNumber(images)} images without labels are answered differently.`;
  const decimals = percentDecimals(labelled);
  const [before, after] = [formatPercent(top1Before, decimals), formatPercent(top1After, decimals)];
  return `${before} → ${after} on ${formatNumber(labelled)} labelled images: ${count('lost')} lost, ${count('gained')} gained, ${count('moved')} from one wrong class to another.`;
}

/** Whether so uneven a split of lost and gained images is more than chance among all classes of the report. */
export const isClearClass = ({ adjustedP }: ClassFlips): boolean => adjustedP <= falseDiscoveryRate;

/** "p 0.031, q 0.12": by itself, and adjusted for all classes. */
export const classEvidence = ({ p, adjustedP }: ClassFlips): string => `p ${formatP(p)}, q ${formatP(adjustedP)}`;

/** One row a flipped image. @param pathOf the file of an image, where it is known */
export function flipsCsv(report: FlipReport, pathOf: (hash: string) => string | undefined): string {
  const named = (label: number | undefined): CsvCell => (label === undefined ? '' : className(report, label));
  const header = [
    'image_sha256',
    'file',
    'change',
    'class',
    'class_name',
    'before',
    'before_name',
    'before_probability',
    'before_probability_of_class',
    'after',
    'after_name',
    'after_probability',
    'after_probability_of_class',
  ];
  const rows = report.flips.map(({ hash, kind, label, before, after }): CsvCell[] => [
    hash,
    pathOf(hash),
    kind,
    label < 0 ? undefined : label,
    label < 0 ? undefined : named(label),
    ...[before, after].flatMap((answer): CsvCell[] => [
      answer.class,
      named(answer.class),
      answer.score,
      answer.trueScore,
    ]),
  ]);
  return csvText([header, ...rows]);
}
