import { describe, expect, it } from 'vitest';
import { chooseThresholds, type Goal, type JudgedExit } from '../../../src/main/engine/exits/choose-thresholds';
import { chooseFairly, disagreeingAt } from '../../../src/main/engine/exits/choose-fairly';
import { noise } from '../../fixtures/graphs';

function judged(count: number, seed: number, macs: number): JudgedExit {
  const [sure, right] = [noise(count, seed), noise(count, seed + 100)];
  // Coarse, so that some images are equally sure; sure answers are right more often.
  const confidence = Array.from(sure, (value) => Math.fround((1 + Math.round(10 * (value + 1))) / 22));
  return { confidence, agrees: confidence.map((value, image) => right[image]! < 2 * value - 0.3), macs };
}

interface Outcome {
  disagreeing: number;
  macs: number;
}

/** What becomes of the images with these thresholds, image by image. */
function outcomeOf(exits: readonly JudgedExit[], thresholds: readonly (number | undefined)[], whole: number): Outcome {
  const count = exits[0]!.confidence.length;
  let [disagreeing, macs] = [0, 0];
  for (let image = 0; image < count; image++) {
    const left = exits.find((exit, at) => thresholds[at] !== undefined && exit.confidence[image]! >= thresholds[at]);
    macs += left?.macs ?? whole;
    if (left && !left.agrees[image]) disagreeing++;
  }
  return { disagreeing, macs: macs / count };
}

/** Every pair of thresholds that tells images apart. */
function everyOutcome(exits: readonly JudgedExit[], whole: number): Outcome[] {
  const steps = [undefined, ...Array.from({ length: 22 }, (_, step) => (step + 0.5) / 22)];
  return steps.flatMap((first) => steps.map((second) => outcomeOf(exits, [first, second], whole)));
}

const cases = [1, 2, 3, 4, 5].map((seed) => [judged(40, seed, 40), judged(40, seed + 50, 70)] as const);

describe('thresholds of two exits', () => {
  it.each([0, 1, 3, 10, 40])('take the fewest multiply-accumulates that %i other answers allow', (mostDisagreeing) => {
    for (const exits of cases) {
      const choice = chooseThresholds(exits, 100, { mostDisagreeing });
      expect(outcomeOf(exits, choice.thresholds, 100)).toEqual({ disagreeing: choice.disagreeing, macs: choice.macs });
      const allowed = everyOutcome(exits, 100).filter(({ disagreeing }) => disagreeing <= mostDisagreeing);
      expect(choice.disagreeing).toBeLessThanOrEqual(mostDisagreeing);
      expect(choice.macs).toBeCloseTo(Math.min(...allowed.map(({ macs }) => macs)), 9);
      const spared = (60 * choice.leaving[0]! + 30 * choice.leaving[1]!) / 40;
      expect(100 - choice.macs).toBeCloseTo(spared, 9);
    }
  });

  it.each([45, 60, 75, 99])('give the fewest other answers for %i multiply-accumulates in the mean', (mostMacs) => {
    for (const exits of cases) {
      const choice = chooseThresholds(exits, 100, { mostMacs });
      const allowed = everyOutcome(exits, 100).filter(({ macs }) => macs <= mostMacs + 1e-9);
      expect(choice.macs).toBeLessThanOrEqual(mostMacs);
      expect(choice.disagreeing).toBe(Math.min(...allowed.map(({ disagreeing }) => disagreeing)));
      expect(outcomeOf(exits, choice.thresholds, 100)).toEqual({ disagreeing: choice.disagreeing, macs: choice.macs });
    }
  });
});

describe('thresholds', () => {
  const goal: Goal = { mostDisagreeing: 0 };

  it('come as near to a goal out of reach as they can', () => {
    const [first] = cases[0]!;
    expect(chooseThresholds([first], 100, { mostMacs: 10 })).toMatchObject({ leaving: [40], macs: 40 });
  });

  it('let nobody leave where the surest answer is another', () => {
    const exit = { confidence: [0.9, 0.8], agrees: [false, true], macs: 1 };
    expect(chooseThresholds([exit], 10, goal)).toEqual({
      thresholds: [undefined],
      leaving: [0],
      disagreeing: 0,
      macs: 10,
    });
  });

  it('do not part images that are equally sure, nor such as no float32 lies between', () => {
    const next = 0.5 + 2 ** -24;
    const same = { confidence: [0.7, 0.7, 0.2], agrees: [true, false, true], macs: 1 };
    expect(chooseThresholds([same], 10, goal).leaving).toEqual([0]);
    const near = { confidence: [next, 0.5], agrees: [true, false], macs: 1 };
    const { thresholds, leaving } = chooseThresholds([near], 10, goal);
    if (leaving[0] === 1) expect([next >= thresholds[0]!, thresholds[0]! > 0.5]).toEqual([true, true]);
    else expect(leaving).toEqual([0]);
  });

  it('give up an exit that the other makes useless', () => {
    const sure = { confidence: [0.9, 0.8, 0.7], agrees: [true, true, true], macs: 1 };
    const { thresholds, leaving } = chooseThresholds([sure, { ...sure, macs: 2 }], 10, goal);
    expect(leaving).toEqual([3, 0]);
    expect(thresholds).toEqual([expect.closeTo(0.35, 6), undefined]);
  });
});

describe('a fair choice', () => {
  /** Sureness that says little of being right: what looks good on some images is chance. */
  const draws = Array.from({ length: 40 }, (_, seed) => [judged(200, seed, 40), judged(200, seed + 500, 70)] as const);

  it('keeps on other images what it promises of them, where the best of all pairs does not', () => {
    const goal = { mostDisagreeing: 10 };
    const part = ({ confidence, agrees, macs }: JudgedExit, from: number): JudgedExit => ({
      confidence: Array.from(confidence).slice(from, from + 100),
      agrees: Array.from(agrees).slice(from, from + 100),
      macs,
    });
    const lost = { fair: 0, best: 0, expected: 0 };
    for (const [first, second] of draws) {
      const [seen, fresh] = [
        [part(first, 0), part(second, 0)] as const,
        [part(first, 100), part(second, 100)] as const,
      ];
      const { choice, expected } = chooseFairly(seen, 100, goal);
      expect(expected).toBeLessThanOrEqual(goal.mostDisagreeing);
      lost.expected += expected;
      lost.fair += disagreeingAt(choice.thresholds, fresh);
      lost.best += disagreeingAt(chooseThresholds(seen, 100, goal).thresholds, fresh);
    }
    expect(lost.best / draws.length).toBeGreaterThan(goal.mostDisagreeing);
    expect(lost.fair / draws.length).toBeLessThanOrEqual(goal.mostDisagreeing);
  });

  it('lets none leave where no thresholds keep the promise', () => {
    const wrong: JudgedExit = {
      confidence: Float32Array.from({ length: 20 }, (_, at) => 0.5 + at / 100),
      agrees: new Array<boolean>(20).fill(false),
      macs: 10,
    };
    expect(chooseFairly([wrong], 100, { mostDisagreeing: 0 })).toEqual({
      choice: { thresholds: [undefined], leaving: [0], disagreeing: 0, macs: 100 },
      expected: 0,
    });
  });
});
