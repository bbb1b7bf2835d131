import { formatCounted, formatNumber } from '@shared/format';
import type { ClassMapping } from '@shared/dataset';
import type { DatasetSpec } from '@shared/dataset';

export interface ClassAdvice {
  model: string;
  /** A sentence about how the dataset's classes meet the network's. */
  sentence: string;
  /** Whether accuracy means nothing as things are. */
  isWrong: boolean;
  /** Classes by name would do better. */
  suggestsNames: boolean;
  /** Classes without a counterpart, with the nearest name. */
  unmatched: ClassMapping['rows'];
}

/** What to say of a mapping; nothing where both sides follow the same list. */
export function classAdvice(mapping: ClassMapping, classes: DatasetSpec['classes']): ClassAdvice | undefined {
  const { model, rows, namesKnown, sameList } = mapping;
  if (sameList || rows.length === 0) return undefined;
  const matched = rows.filter(({ byName }) => byName !== undefined);
  const unmatched = rows.filter(({ byName }) => byName === undefined);
  if (classes === 'by-name') {
    const all = matched.length === rows.length;
    const sentence = all
      ? rows.length === 1
        ? `The one class is known to ${model} by name.`
        : `All ${formatNumber(rows.length)} classes are known to ${model} by name.`
      : `${formatNumber(matched.length)} of ${formatCounted(rows.length, 'class', 'classes')} are known to ${model} by name; images of the others are left out.`;
    return { model, sentence, isWrong: matched.length === 0, suggestsNames: false, unmatched };
  }
  if (!namesKnown) {
    const beyond = rows.filter(({ label }) => label >= mapping.classes).length;
    if (beyond === 0) return undefined;
    const sentence = `${formatNumber(beyond)} of ${formatCounted(rows.length, 'class', 'classes')} have numbers that ${model}, with ${formatCounted(mapping.classes, 'class', 'classes')}, does not know.`;
    return { model, sentence, isWrong: true, suggestsNames: false, unmatched: [] };
  }
  const same = rows.filter(({ byNumber, byName }) => byNumber !== undefined && byNumber === byName).length;
  if (same === rows.length) return undefined;
  const first = rows.find(({ byNumber, byName }) => byNumber === undefined || byNumber !== byName)!;
  const becomes = first.byNumber === undefined ? 'no class' : `“${first.byNumber}”`;
  const sentence = `By number, ${formatNumber(rows.length - same)} of ${formatCounted(rows.length, 'class', 'classes')} are others to ${model}: “${first.name}” is ${becomes} there.`;
  return { model, sentence, isWrong: true, suggestsNames: matched.length > same, unmatched };
}
