import type { Answer, ClassFlips, ConfusionChange, Flip, FlipKind, FlipReport } from '@shared/flips';
import { adjustForDiscoveries } from '@shared/statistics/false-discovery';
import { mcNemarExactP } from '../statistics/paired';
import type { Predictions } from './accuracy';

export type FlipTable = Omit<FlipReport, 'reference' | 'runtime' | 'classNames'>;

interface MatchedImage {
  hash: string;
  label: number;
  before: Answer;
  after: Answer;
}

/**
 * Where the points of top-1 went: images that both networks answered, those they answer differently, and what that adds up to by
 * true class. Classes are ordered by damage (lost minus gained), images by how sure the reference was of what was lost.
 */
export function flipTable(candidate: Predictions, reference: Predictions): FlipTable {
  const images = matched(candidate, reference);
  const labelled = images.filter(({ label }) => label >= 0);
  const right = (side: 'before' | 'after'): number =>
    labelled.filter(({ label, [side]: answer }) => answer.class === label).length;
  const flips = images.flatMap((image): Flip[] => {
    const kind = kindOf(image);
    return kind ? [{ ...image, kind }] : [];
  });
  return {
    images: images.length,
    labelled: labelled.length,
    ...(labelled.length > 0 && {
      top1Before: (100 * right('before')) / labelled.length,
      top1After: (100 * right('after')) / labelled.length,
    }),
    flips: flips.sort((a, b) => kindOrder[a.kind] - kindOrder[b.kind] || damageOf(b) - damageOf(a)),
    classes: classFlips(labelled, flips),
    confusions: confusionChanges(labelled),
  };
}

function matched(candidate: Predictions, reference: Predictions): MatchedImage[] {
  const rowOf = new Map(reference.hashes.map((hash, row) => [hash, row]));
  return candidate.hashes.flatMap((hash, row): MatchedImage[] => {
    const other = rowOf.get(hash);
    if (other === undefined) return [];
    const label = candidate.labels[row] ?? -1;
    return [{ hash, label, before: answerOf(reference, other, label), after: answerOf(candidate, row, label) }];
  });
}

function answerOf({ topK, scores }: Predictions, row: number, label: number): Answer {
  const [classes = [], probabilities] = [topK[row], scores?.[row]];
  const answer: Answer = classes[0] === undefined ? {} : { class: classes[0] };
  const [first, second = 0] = probabilities ?? [];
  if (first === undefined) return answer;
  const trueScore = probabilities![classes.indexOf(label)];
  return { ...answer, score: first, margin: first - second, ...(trueScore !== undefined && { trueScore }) };
}

function kindOf({ label, before, after }: MatchedImage): FlipKind | undefined {
  if (before.class === after.class) return undefined;
  if (label < 0) return 'changed';
  if (before.class === label) return 'lost';
  return after.class === label ? 'gained' : 'moved';
}

const kindOrder: Record<FlipKind, number> = { lost: 0, gained: 1, moved: 2, changed: 3 };
const damageOf = ({ before: { margin = 0 } }: Flip): number => margin;

function classFlips(labelled: readonly MatchedImage[], flips: readonly Flip[]): ClassFlips[] {
  const classes = new Map<number, Omit<ClassFlips, 'p' | 'adjustedP'>>();
  for (const { label, before } of labelled) {
    const counts = classes.get(label) ?? { label, n: 0, rightBefore: 0, lost: 0, gained: 0, moved: 0 };
    counts.n++;
    if (before.class === label) counts.rightBefore++;
    classes.set(label, counts);
  }
  for (const { label, kind } of flips) if (kind !== 'changed') classes.get(label)![kind]++;
  const flipped = [...classes.values()]
    .filter(({ lost, gained, moved }) => lost + gained + moved > 0)
    .sort((a, b) => b.lost - b.gained - (a.lost - a.gained) || b.lost - a.lost || a.label - b.label);
  const p = flipped.map(mcNemarExactP);
  const adjusted = adjustForDiscoveries(p);
  return flipped.map((counts, at) => ({ ...counts, p: p[at]!, adjustedP: adjusted[at]! }));
}

function confusionChanges(labelled: readonly MatchedImage[]): ConfusionChange[] {
  const changes = new Map<string, ConfusionChange>();
  for (const { label, before, after } of labelled) {
    if (before.class === after.class) continue;
    for (const [side, answer] of [
      ['before', before.class],
      ['after', after.class],
    ] as const) {
      if (answer === undefined || answer === label) continue;
      const key = `${label} ${answer}`;
      const change = changes.get(key) ?? { label, answer, before: 0, after: 0 };
      change[side]++;
      changes.set(key, change);
    }
  }
  // Images that both confuse alike are missing so far; they belong to the counts and not to the change.
  for (const { label, before, after } of labelled) {
    const change = before.class === after.class ? changes.get(`${label} ${before.class}`) : undefined;
    if (!change) continue;
    change.before++;
    change.after++;
  }
  return [...changes.values()]
    .filter(({ before, after }) => before !== after)
    .sort(
      (a, b) =>
        b.after - b.before - (a.after - a.before) || b.after - a.after || a.label - b.label || a.answer - b.answer,
    );
}
