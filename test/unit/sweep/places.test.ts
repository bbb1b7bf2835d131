import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Agent } from '@shared/agents';
import { elsewhereOf } from '../../../src/main/engine/sweep/elsewhere';
import { placesOf } from '../../../src/main/engine/sweep/places';
import { distinctSteps, type PlannedStep } from '../../../src/main/engine/sweep/plan';
import { surroundingsOf, type Surroundings } from '../../../src/main/engine/sweep/surroundings';
import { agent } from './agents';
import { around, plan, prune, sweep } from './sweeps';

const recipes = { baseline: [], pruned: [prune(0.5)] };
const targets = [{ runtime: 'ort-cpu' }, { runtime: 'litert', threads: 4, on: 'pi4' }];
const board = agent();
/** A machine like this one, without a label. */
const twin = agent({
  name: 'twin',
  labels: [],
  machine: { ...around.machine },
  runtimes: { 'ort-cpu': '1.30.0', 'ort-web': '1.30.0' },
});

async function planned(
  agents: readonly Agent[],
  present = agents,
): Promise<{ steps: PlannedStep[]; around: Surroundings; places: ReturnType<typeof placesOf> }> {
  const asked = sweep(recipes, { targets });
  const elsewhere = elsewhereOf(asked.targets, agents);
  const surroundings = await surroundingsOf(asked, around.machine, around.onnxruntime, elsewhere);
  const runtimes = { ...surroundings.runtimes, 'ort-cpu': { version: '1.30.0', format: 'onnx' } };
  const facts = { ...surroundings, runtimes };
  const steps = distinctSteps(plan(recipes, { targets, surroundings: facts }));
  return { steps, around: facts, places: placesOf(steps, new Set(), present, facts) };
}
const count = (steps: PlannedStep[], keep: (step: PlannedStep) => boolean): number => steps.filter(keep).length;
const isTime = ({ title, kind }: PlannedStep): boolean => kind === 'measure' && title.endsWith('on pi4');
const isAnswer = ({ title, kind }: PlannedStep): boolean => kind === 'evaluate' && title.endsWith('on pi4');

describe('the places of a plan', () => {
  it('are this machine where only it may do steps or nobody else fits, and the label of a machine that targets name', async () => {
    const { steps, places } = await planned([board]);
    // The board takes what is the same everywhere and what it was asked for.
    const free = count(steps, ({ requires }) => Object.keys(requires!).length === 1 && fitsEverywhere(requires!));
    const away = count(steps, isTime) + count(steps, isAnswer);
    expect(away).toBe(4);
    expect(places).toEqual([
      { place: 'this machine', steps: steps.length - free - away },
      { place: 'board-1', agents: 1, steps: free },
      { place: 'pi4', agents: 1, steps: away },
    ]);
  });

  it('are others of the same kind, by their names', async () => {
    const { steps, places } = await planned([board, twin]);
    expect(places.map(({ place }) => place).sort()).toEqual(['board-1, twin', 'pi4', 'this machine', 'twin']);
    expect(places.reduce((sum, place) => sum + place.steps, 0)).toBe(steps.length);
    const alike = await planned([board, twin, { ...twin, id: 'b3' }]);
    expect(alike.places.find(({ place }) => place === 'twin')).toMatchObject({ agents: 2 });
    const twins = places.find(({ place }) => place === 'twin')!;
    // Its instruction sets are this one's; times of this machine stay here, though that one has its id too.
    expect(twins.steps).toBe(count(steps, ({ requires }) => requires!.isa?.[0] === 'AVX2'));
    expect(places[0]).toEqual({
      place: 'this machine',
      steps: count(steps, ({ requires }) => requires!.machine === 'm1'),
    });
  });

  it('have one line for a label, with as many machines as fit all of its steps', async () => {
    const unlabelled = agent({ name: 'board-2', labels: [] });
    const { steps, places } = await planned([board, unlabelled]);
    const away = count(steps, isTime) + count(steps, isAnswer);
    expect(places.filter(({ place }) => place === 'pi4')).toEqual([{ place: 'pi4', agents: 1, steps: away }]);
  });

  it('are counted where names would be too many', async () => {
    const many = Array.from({ length: 7 }, (_, at) => ({ ...twin, name: `twin-${at}` }));
    const { places } = await planned([board, ...many]);
    expect(places).toContainEqual(expect.objectContaining({ place: 'any of 7 machines', agents: 7 }));
    expect(places).toContainEqual(expect.objectContaining({ place: 'any of 8 machines', agents: 8 }));
  });

  it.each([
    ['silent', { state: 'silent' }, 'board-1 fits and takes no steps: it is silent.'],
    ['draining', { state: 'draining' }, 'board-1 fits and takes no steps: it is draining.'],
    ['refused', { problem: 'Its disk is full.' }, 'board-1 fits and takes no steps: Its disk is full.'],
  ] as const)('say why nobody does steps while the board is %s', async (_how, change, problem) => {
    const { steps, places } = await planned([board], [agent(change)]);
    const away = count(steps, isTime) + count(steps, isAnswer);
    expect(places).toEqual([
      { place: 'this machine', steps: steps.length - away },
      { place: 'pi4', agents: 0, problem, steps: away },
    ]);
  });

  it('say what a machine would have to be where none fits', async () => {
    const { places } = await planned([board], []);
    expect(places.slice(1)).toEqual([
      {
        place: 'pi4',
        agents: 0,
        problem: 'No machine has all that these steps take: the instruction sets NEON, litert 2.3.0.',
        steps: 2,
      },
      {
        place: 'pi4',
        agents: 0,
        problem: 'No machine has all that these steps take: the label pi4, the machine id p1, litert 2.3.0.',
        steps: 2,
      },
    ]);
  });

  it('have every step that is left once, whoever is there', async () => {
    const { steps, around: facts } = await planned([board]);
    const agents = fc.array(
      fc.record({
        isTwin: fc.boolean(),
        state: fc.constantFrom<Agent['state']>('idle', 'working', 'draining', 'silent'),
      }),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(agents, fc.subarray(steps.map(({ key }) => key)), (some, finished) => {
        const present = some.map(({ isTwin, state }, at) => ({ ...(isTwin ? twin : board), name: `n${at}`, state }));
        const places = placesOf(steps, new Set(finished), present, facts);
        expect(places.reduce((sum, place) => sum + place.steps, 0)).toBe(steps.length - finished.length);
        for (const place of places)
          expect(place.problem === undefined).toBe(place.place === 'this machine' || place.agents! > 0);
      }),
    );
  });
});

const fitsEverywhere = ({ versions }: NonNullable<PlannedStep['requires']>): boolean =>
  Object.keys(versions).length === 0;
