import { describe, expect, it } from 'vitest';
import type { Target } from '@shared/sweep-file';
import { onMachine, onRuntime } from '../../../src/renderer/sweep/target-edits';
import { devicesAt, placeChoices, placeProblem, runtimesAt } from '../../../src/renderer/sweep/target-places';
import { agent } from '../machines-window/agents';

const pi = (id: string, more = {}) => agent(id, { labels: ['pi4', 'kitchen'], ...more });
const target: Target = { runtime: 'ort-cpu', on: 'pi4', threads: 4 };

describe('machines to choose from', () => {
  it('are none where there is no other and none is asked for', () => {
    expect(placeChoices([], undefined)).toEqual([]);
    expect(placeChoices([agent('a')], undefined)).toEqual([]);
  });

  it('are this one, then labels with how many have them; labels that no target can name are left out', () => {
    expect(placeChoices([pi('a'), pi('b', { labels: ['pi4', 'In the cellar'] })], undefined)).toEqual([
      { value: '', label: 'this machine' },
      { value: 'kitchen', label: 'kitchen (1 machine)' },
      { value: 'pi4', label: 'pi4 (2 machines)' },
    ]);
  });

  it('hold what a file asks for, also where nobody has it', () => {
    expect(placeChoices([], 'pi5')).toEqual([
      { value: '', label: 'this machine' },
      { value: 'pi5', label: 'pi5 (no machine)' },
    ]);
  });
});

describe('runtimes and devices on another machine', () => {
  it('are those it has, then the others', () => {
    const there = [pi('a', { runtimes: { litert: '2.3.0', tflite: '2.17' } })];
    expect(
      runtimesAt([{ id: 'ort-cpu' }, { id: 'litert' }], there, 'pi4', 'nonesuch').map(({ label }) => label),
    ).toEqual(['litert', 'tflite', 'ort-cpu (not on pi4)', 'nonesuch (not on pi4)']);
  });

  it('are not known: its first device, and one that is asked for', () => {
    expect(devicesAt(undefined)).toEqual([]);
    expect(devicesAt('gpu').map(({ value }) => value)).toEqual(['', 'gpu']);
  });
});

describe('a target on another machine', () => {
  it.each([
    [[], 'No machine labelled "pi4" is there.'],
    [[agent('a')], 'No machine labelled "pi4" is there.'],
    [[pi('a', { state: 'silent' }), pi('b', { problem: 'Update it.' })], 'takes steps now'],
    [[pi('a', { runtimes: { litert: '2.3.0' } })], 'has ort-cpu'],
  ])('cannot be measured: %#', (agents, text) => {
    expect(placeProblem(target, agents)).toContain(text);
  });

  it('can where one that takes steps has the runtime', () => {
    expect(placeProblem(target, [pi('a', { state: 'silent' }), pi('b', { state: 'working' })])).toBeUndefined();
    expect(placeProblem({ ...target, on: undefined }, [])).toBeUndefined();
  });

  it('says so after its threads, stays there on another runtime, and comes back', () => {
    const there = onMachine({ runtime: 'ort-cpu', threads: 2 }, 'pi4');
    expect(Object.entries(there)).toEqual([
      ['runtime', 'ort-cpu'],
      ['threads', 2],
      ['on', 'pi4'],
    ]);
    expect(onRuntime(there, 'litert', undefined)).toEqual({ runtime: 'litert', on: 'pi4', threads: 2 });
    expect(onMachine(there, '')).toEqual({ runtime: 'ort-cpu', threads: 2 });
  });
});
