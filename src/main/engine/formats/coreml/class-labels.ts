import type { ModelCard } from '@shared/model-card';
import { classNamesOf } from '../../dataset/map-classes';

/**
 * A name for each score, all different, since the answer is a dictionary of them; undefined where classes have no names, or one number stands for
 * two classes. ImageNet has two cranes.
 */
export function classLabels(card: ModelCard, scores: number): string[] | undefined {
  const { background, score } = card.output;
  const names = classNamesOf(card);
  if (!names || score !== undefined) return undefined;
  const all = background === true && names.length === scores - 1 ? ['background', ...names] : [...names];
  if (all.length !== scores) return undefined;
  const counts = new Map<string, number>();
  for (const name of all) counts.set(name, (counts.get(name) ?? 0) + 1);
  return all.map((name, index) => (counts.get(name)! > 1 ? `${name} (${index})` : name));
}
