import { isDeepStrictEqual } from 'node:util';
import { formatCounted, formatNumber } from '@shared/format';
import type { ClassComparison } from '@shared/live/class-comparison';
import type { ModelCard } from '@shared/model-card';
import { classNamesOf, matchNames } from '../dataset/map-classes';

/**
 * Which classes of two networks are the same: by their names, as `matchNames` compares them. Networks that do not name their classes are taken
 * to number them alike where they have equally many; else nobody can tell.
 */
export function compareClasses(first: ModelCard, second: ModelCard): ClassComparison {
  const [ours, theirs] = [classNamesOf(first), classNamesOf(second)];
  if (isDeepStrictEqual(first, second)) return { classOf: asNumbered(first) };
  if (ours && theirs) return byName(ours, theirs);
  const unnamed = [first, second].filter((card) => !classNamesOf(card)).map(({ name }) => name);
  const who = [...new Set(unnamed)].join(' and ');
  const why = unnamed.length > 1 ? 'the models do not name their classes' : `${who} does not name its classes`;
  if (first.output.classes === second.output.classes)
    return { classOf: asNumbered(first), note: `Answers are compared by class number: ${why}.` };
  const counts = `${first.output.classes} and ${second.output.classes}`;
  return { problem: `These models cannot be compared: they have ${counts} classes, and ${why}.` };
}

const asNumbered = ({ output: { classes } }: ModelCard): number[] =>
  Array.from({ length: classes }, (_, index) => index);

function byName(ours: readonly string[], theirs: readonly string[]): ClassComparison {
  const matched = matchNames(ours, theirs);
  const [places, others] = [placesOf(ours), placesOf(theirs)];
  // ImageNet has two classes "crane": the second of them is the second there.
  const classOf = ours.map((name, index) => {
    const [mine, its] = [places.get(name)!, others.get(name)];
    return (its?.length === mine.length ? its[mine.indexOf(index)] : matched[index]) ?? null;
  });
  const known = new Set(classOf.filter((index) => index !== null)).size;
  if (known === 0) return { problem: 'These models cannot be compared: no class has the same name in both.' };
  if (known === ours.length && known === theirs.length) return { classOf };
  const shared = `${formatCounted(known, 'class has', 'classes have')} the same name in both, of ${formatNumber(ours.length)} and ${formatNumber(theirs.length)}`;
  return { classOf, note: `${shared}: any other answer counts as different.` };
}

/** Where each name stands. */
function placesOf(names: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>();
  for (const [index, name] of names.entries()) places.set(name, [...(places.get(name) ?? []), index]);
  return places;
}
