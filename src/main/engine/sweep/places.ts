import { formatCounted } from '@shared/format';
import type { Agent, PlanPlace } from '@shared/agents';
import type { OtherMachine } from './elsewhere';
import type { PlannedStep, Requirement } from './plan';
import { fits, fitsHere, hereOf, onlyHere } from './requirement';
import { versionsOf, type Surroundings } from './surroundings';

/** As `PlanPlace.place` says it. */
const thisMachine = 'this machine';

/** More names than these are not read one by one. */
const mostNames = 3;

/**
 * Where the steps of a plan that are left will run: on agents that take steps and fit, by the label that targets give their machine or else by
 * name; on this machine what nobody else does. This machine first, then in the order of the steps.
 * @param finished keys of the steps that need not run
 */
export function placesOf(
  steps: readonly PlannedStep[],
  finished: ReadonlySet<string>,
  agents: readonly Agent[],
  around: Surroundings,
): PlanPlace[] {
  const here = hereOf(around);
  const found = new Map<string, PlanPlace>();
  for (const { key, requires = onlyHere(around) } of steps) {
    if (finished.has(key)) continue;
    const place = placeFor(requires, agents, here, around);
    const line = JSON.stringify([place.place, place.problem]);
    const before = found.get(line);
    // Answers of a label's machines may fit others of their kind too, times do not: what is sure counts.
    const sure = before?.agents !== undefined && before.agents < place.agents! ? before : place;
    found.set(line, { ...sure, steps: (before?.steps ?? 0) + 1 });
  }
  const places = [...found.values()];
  return [...places.filter(isHere), ...places.filter((place) => !isHere(place))];
}

const isHere = ({ place }: PlanPlace): boolean => place === thisMachine;

function placeFor(
  requires: Requirement,
  agents: readonly Agent[],
  here: OtherMachine,
  around: Surroundings,
): Omit<PlanPlace, 'steps'> {
  const fitting = agents.filter((agent) => fits(requires, agent));
  const able = fitting.filter(takesSteps);
  const mayBeHere = fitsHere(requires, here);
  if (able.length === 0 && mayBeHere) return { place: thisMachine };
  const label = mayBeHere ? undefined : (requires.on ?? labelOf(requires, around));
  const place = label ?? namesOf(able);
  if (able.length > 0) return { place, agents: able.length };
  return { place, agents: 0, problem: problemOf(requires, fitting) };
}

export const takesSteps = (agent: Agent): boolean => whyNot(agent) === undefined;

/** Why an agent takes no steps now; undefined: it does. */
function whyNot({ state, problem }: Agent): string | undefined {
  if (problem !== undefined) return problem.replace(/[.]+$/, '');
  return state === 'draining' || state === 'silent' ? `it is ${state}` : undefined;
}

/** The label by which targets name machines of the kind that a step takes. */
function labelOf(requires: Requirement, { elsewhere = {} }: Surroundings): string | undefined {
  const candidates = Object.entries(elsewhere).map(([label, place]) => ({
    machine: place.machine,
    runtimes: versionsOf(place),
    labels: [label],
  }));
  return candidates.find((candidate) => fits(requires, candidate))?.labels[0];
}

function namesOf(agents: readonly Agent[]): string {
  const names = [...new Set(agents.map(({ name }) => name))];
  return names.length > mostNames ? `any of ${formatCounted(agents.length, 'machine')}` : names.join(', ');
}

function problemOf(requires: Requirement, fitting: readonly Agent[]): string {
  const [first] = fitting;
  if (first) return `${first.name} fits and takes no steps: ${whyNot(first)}.`;
  const { on, machine, isa, versions } = requires;
  const asked = [
    on !== undefined && `the label ${on}`,
    machine !== undefined && `the machine id ${machine}`,
    isa !== undefined && `the instruction sets ${isa.join(' ') || '(unknown)'}`,
    ...Object.entries(versions).map(([id, version]) => `${id} ${version}`),
  ].filter((words) => words !== false);
  return `No machine has all that these steps take: ${asked.join(', ')}.`;
}
