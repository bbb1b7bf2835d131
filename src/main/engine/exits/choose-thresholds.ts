/** What an exit says of held-out images; entry i of both arrays is the same image in every exit. */
export interface JudgedExit {
  /** Probability of its likeliest class. */
  confidence: ArrayLike<number>;
  /** Whether that is the class of the whole network. */
  agrees: ArrayLike<boolean>;
  /** Multiply-accumulates of an image that leaves here. */
  macs: number;
}

/** As few multiply-accumulates as so many other answers allow, or as few other answers as so many multiply-accumulates in the mean allow. */
export type Goal = { mostDisagreeing: number } | { mostMacs: number };

export interface ExitChoice {
  /** Of each exit the least confidence with which an image leaves; undefined: none leaves there. */
  thresholds: (number | undefined)[];
  /** How many images leave at each exit. */
  leaving: number[];
  /** How many of them with another class than the whole network's. */
  disagreeing: number;
  /** In the mean. */
  macs: number;
}

/** Images from the surest; equal ones in their order. */
const bySureness = ({ confidence }: JudgedExit): number[] =>
  Array.from(confidence, (_, image) => image).sort((a, b) => confidence[b]! - confidence[a]! || a - b);

/** A float32 that the first of two images reaches and the second does not; undefined where there is none. */
function between({ confidence }: JudgedExit, last: number | undefined, next: number | undefined): number | undefined {
  if (last === undefined) return undefined;
  const [above, below] = [confidence[last]!, next === undefined ? 0 : confidence[next]!];
  const middle = Math.fround((above + below) / 2);
  return middle > below && middle <= above ? middle : undefined;
}

/**
 * Thresholds of one or two exits, the best of all that tell the images apart: for every number of images that leave at the first, every number of
 * the others that leave at the second. Quadratic in the images.
 * @param wholeMacs of an image that leaves nowhere
 */
export function chooseThresholds(
  [first, second]: readonly [JudgedExit, JudgedExit?],
  wholeMacs: number,
  goal: Goal,
): ExitChoice {
  const count = first.confidence.length;
  const firstOrder = bySureness(first);
  const secondOrder = second ? bySureness(second) : [];
  const stays = new Array<boolean>(count).fill(true);
  let best: ExitChoice | undefined;
  let firstWrong = 0;
  for (let leaving = 0; leaving <= count; leaving++) {
    const last = firstOrder[leaving - 1];
    if (last !== undefined) {
      stays[last] = false;
      if (!first.agrees[last]) firstWrong++;
    }
    if ('mostDisagreeing' in goal && firstWrong > goal.mostDisagreeing) break;
    const threshold = between(first, last, firstOrder[leaving]);
    if (leaving > 0 && threshold === undefined) continue;
    const rest = secondOrder.filter((image) => stays[image]);
    let wrong = firstWrong;
    for (let later = 0; later <= rest.length; later++) {
      if (later > 0 && !second!.agrees[rest[later - 1]!]) wrong++;
      if ('mostDisagreeing' in goal && wrong > goal.mostDisagreeing) break;
      const other = second && between(second, rest[later - 1], rest[later]);
      if (later > 0 && other === undefined) continue;
      const macs = leaving * first.macs + later * (second?.macs ?? 0) + (count - leaving - later) * wholeMacs;
      const found: ExitChoice = {
        thresholds: second ? [threshold, other] : [threshold],
        leaving: second ? [leaving, later] : [leaving],
        disagreeing: wrong,
        macs: macs / count,
      };
      if (!best || isBetter(found, best, goal)) best = found;
    }
  }
  return best!;
}

function isBetter(one: ExitChoice, other: ExitChoice, goal: Goal): boolean {
  const isCheaper = one.macs < other.macs;
  if ('mostDisagreeing' in goal) return isCheaper || (one.macs === other.macs && one.disagreeing < other.disagreeing);
  const [fits, otherFits] = [one.macs <= goal.mostMacs, other.macs <= goal.mostMacs];
  if (fits !== otherFits) return fits;
  if (!fits) return isCheaper;
  return one.disagreeing < other.disagreeing || (one.disagreeing === other.disagreeing && isCheaper);
}
