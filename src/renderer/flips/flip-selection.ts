import { flipKinds, type Flip, type FlipKind, type FlipReport } from '@shared/flips';

/** What of a report is looked at. */
export interface FlipSelection {
  kind: FlipKind | 'all';
  /** The true class; null: every class. */
  label: number | null;
}

export const kindWords: Record<FlipKind | 'all', string> = {
  all: 'All',
  lost: 'Lost',
  gained: 'Gained',
  moved: 'Other wrong',
  changed: 'Changed',
};

const ofClass = ({ flips }: FlipReport, label: number | null): Flip[] =>
  flips.filter((flip) => label === null || flip.label === label);

/** The kinds that occur in the report, with how many there are in the class. */
export function kindChoices(
  report: FlipReport,
  label: number | null,
): { value: FlipSelection['kind']; label: string; count: number }[] {
  const flips = ofClass(report, label);
  const occurring = flipKinds.filter((kind) => report.flips.some((flip) => flip.kind === kind));
  const kinds: FlipSelection['kind'][] = occurring.length > 1 ? ['all', ...occurring] : occurring;
  return kinds.map((kind) => {
    const count = kind === 'all' ? flips.length : flips.filter((flip) => flip.kind === kind).length;
    return { value: kind, label: `${kindWords[kind]} ${count.toLocaleString('en')}`, count };
  });
}

/** The flips that the selection means, in the order of the report. */
export function selectedFlips(report: FlipReport, { kind, label }: FlipSelection): Flip[] {
  return ofClass(report, label).filter((flip) => kind === 'all' || flip.kind === kind);
}

export interface Page<T> {
  items: T[];
  /** From 0; the last one where fewer are left than were asked for. */
  index: number;
  count: number;
}

export function pageOf<T>(items: readonly T[], wanted: number, size: number): Page<T> {
  const count = Math.max(1, Math.ceil(items.length / size));
  const index = Math.min(Math.max(0, wanted), count - 1);
  return { items: items.slice(index * size, (index + 1) * size), index, count };
}
