import { chooseThresholds, type ExitChoice, type Goal, type JudgedExit } from './choose-thresholds';

type Exits = readonly [JudgedExit, JudgedExit?];

export interface FairChoice {
  choice: ExitChoice;
  /** Images with another class than the whole network's by thresholds that were chosen without them. */
  expected: number;
}

/** The same images in every exit: those at even places, or those at odd ones. */
const half = (exits: Exits, odd: 0 | 1): [JudgedExit, JudgedExit?] => {
  const own = <T>(of: ArrayLike<T>): T[] => Array.from(of).filter((_, image) => image % 2 === odd);
  const [first, second] = exits.map(
    (exit) => exit && { confidence: own(exit.confidence), agrees: own(exit.agrees), macs: exit.macs },
  );
  return [first!, second];
};

/** How many images leave with another class at these thresholds. */
export function disagreeingAt(thresholds: ExitChoice['thresholds'], exits: Exits): number {
  const count = exits[0].confidence.length;
  const isWrong = (image: number): boolean => {
    const taken = exits.find((exit, at) => exit && exit.confidence[image]! >= (thresholds[at] ?? Infinity));
    return taken !== undefined && !taken.agrees[image];
  };
  return Array.from({ length: count }, (_, image) => image).filter(isWrong).length;
}

/** What each half loses by thresholds of the other (cross-fitting): the best of many pairs looks better than it is on the images it was chosen on. */
function crossFitting(exits: Exits, wholeMacs: number): (ofEven: Goal, ofOdd: Goal) => number {
  const [even, odd] = [half(exits, 0), half(exits, 1)];
  const lost = (on: Exits, by: Exits, goal: Goal): number =>
    disagreeingAt(chooseThresholds(by, wholeMacs, goal).thresholds, on);
  return (ofEven, ofOdd) => lost(odd, even, ofEven) + lost(even, odd, ofOdd);
}

/**
 * Thresholds as `chooseThresholds` has them, and what they cost on images that they were not chosen on. Where a number of other answers is
 * promised, so few are allowed that this is kept.
 */
export function chooseFairly(exits: Exits, wholeMacs: number, goal: Goal): FairChoice {
  const expectedFor = crossFitting(exits, wholeMacs);
  const chosen = (own: Goal): ExitChoice => chooseThresholds(exits, wholeMacs, own);
  if ('mostMacs' in goal) return { choice: chosen(goal), expected: expectedFor(goal, goal) };
  for (let allowed = goal.mostDisagreeing; allowed >= 0; allowed--) {
    const expected = expectedFor(
      { mostDisagreeing: Math.floor(allowed / 2) },
      { mostDisagreeing: Math.ceil(allowed / 2) },
    );
    if (expected <= goal.mostDisagreeing) return { choice: chosen({ mostDisagreeing: allowed }), expected };
  }
  const none = exits.map(() => undefined);
  return {
    choice: { thresholds: none, leaving: none.map(() => 0), disagreeing: 0, macs: wholeMacs },
    expected: 0,
  };
}
