import { describe, expect, it } from 'vitest';
import { placeText, planTimeText } from '@shared/presenter/sweep-plan';

const minutes = (low: number, high: number) => ({ lowMs: low * 60_000, highMs: high * 60_000 });

describe('the time a sweep will take, in words', () => {
  it.each([
    [{ time: minutes(130, 170), unknownSteps: 0, left: 9 }, '2 h 10 min to 2 h 50 min'],
    [{ time: minutes(2, 2), unknownSteps: 0, left: 9 }, '2 min 0 s'],
    [
      { time: minutes(2, 3), unknownSteps: 1, left: 9 },
      '2 min 0 s to 3 min 0 s, and 1 step of a kind that has never run on this machine',
    ],
    [
      { time: minutes(2, 3), unknownSteps: 4, left: 9 },
      '2 min 0 s to 3 min 0 s, and 4 steps of a kind that has never run on this machine',
    ],
    [
      { time: minutes(2, 9), unknownSteps: 0, roughSteps: 1, left: 9 },
      '2 min 0 s to 9 min 0 s, roughly: the training, which has never run on this machine',
    ],
    [
      { time: minutes(2, 9), unknownSteps: 1, roughSteps: 2, left: 9 },
      '2 min 0 s to 9 min 0 s, roughly: 2 trainings, which have never run on this machine, and 1 step of a kind that has never run on this machine',
    ],
    [{ unknownSteps: 9, left: 9 }, 'no estimate yet: no step of these kinds has run on this machine'],
    [{ time: minutes(0, 0), unknownSteps: 0, left: 0 }, 'nothing is left to compute'],
  ])('%j', (plan, text) => {
    expect(planTimeText(plan)).toBe(text);
  });
});

describe('the places of a plan, in words', () => {
  it.each([
    [{ place: 'this machine', steps: 1 }, 'this machine: 1 step'],
    [{ place: 'pi4', steps: 1200, agents: 1 }, 'pi4: 1,200 steps'],
    [{ place: 'pi4', steps: 2, agents: 3 }, 'pi4: 2 steps, 3 machines fit'],
    [
      { place: 'pi4', steps: 2, agents: 0, problem: 'board-1 fits and takes no steps: it is silent.' },
      'pi4: 2 steps, nobody to do them. board-1 fits and takes no steps: it is silent.',
    ],
    [{ place: 'pi4', steps: 1, agents: 0, problem: 'Why.' }, 'pi4: 1 step, nobody to do it. Why.'],
  ])('%j', (place, text) => {
    expect(placeText(place)).toBe(text);
  });
});
