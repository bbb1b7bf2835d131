import fc from 'fast-check';
import { expect, it } from 'vitest';
import { trialStatus, type StepState } from '../../../src/main/engine/sweep/trial-status';

it.each([
  [['done', 'done'], 'running', false, 'done'],
  [['done', 'done'], 'cancelled', true, 'done'],
  [['done', 'failed'], 'running', false, 'failed'],
  [['done', 'failed', 'waiting'], 'cancelled', true, 'failed'],
  [['failed', 'running'], 'running', false, 'running'],
  [['done', 'waiting'], 'running', true, 'skipped'],
  [['done', 'waiting'], 'running', false, 'running'],
  [['done', 'waiting'], 'paused', false, 'running'],
  [['done', 'waiting'], 'failed', false, 'interrupted'],
  [['done', 'waiting'], 'stopped', false, 'interrupted'],
  [['done', 'waiting'], 'cancelled', false, 'cancelled'],
  [['waiting', 'waiting'], 'stopped', false, 'waiting'],
  [['waiting', 'waiting'], 'cancelled', false, 'cancelled'],
] as const)('%j in a run that is %s, skipped %s: %s', (states, run, isSkipped, expected) =>
  expect(trialStatus(states, run, isSkipped)).toBe(expected),
);

it('nothing runs in a run that has ended', () => {
  const state = fc.constantFrom<StepState>('waiting', 'done', 'failed');
  const ended = fc.constantFrom('done', 'failed', 'cancelled', 'stopped');
  fc.assert(
    fc.property(fc.array(state, { minLength: 1 }), ended, fc.boolean(), (states, run, isSkipped) => {
      fc.pre(run !== 'done' || states.every((one) => one !== 'waiting') || isSkipped);
      expect(trialStatus(states, run as 'done', isSkipped)).not.toBe('running');
    }),
  );
});
