import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Lane } from '../../../src/main/engine/jobs/lane';
import { CoreSchedule, type Waiting } from '../../../src/main/engine/sweep/core-schedule';

interface Task extends Waiting {
  name: string;
  durationMs: number;
  /** Handed in when this one has finished. */
  next: Task[];
}

const task = (name: string, lane: Lane, durationMs: number, order?: number, next: Task[] = []): Task => ({
  name,
  lane,
  durationMs,
  order,
  next,
});

/** A clock in place of cores: begins what the schedule says, finishes what ends first. Answers the tasks in the order they began. */
function simulate(slots: number, tasks: readonly Task[], visit: (running: readonly Task[]) => void = () => undefined) {
  const schedule = new CoreSchedule<Task>(slots);
  for (const each of tasks) schedule.add(each);
  const running: { task: Task; endsAt: number }[] = [];
  const begun: Task[] = [];
  for (let now = 0; ;) {
    for (let job = schedule.next(); job; job = schedule.next()) {
      running.push({ task: job, endsAt: now + job.durationMs });
      begun.push(job);
      visit(running.map((each) => each.task));
    }
    const first = running.sort((a, b) => a.endsAt - b.endsAt).shift();
    if (!first) return begun;
    now = first.endsAt;
    schedule.finish(first.task);
    for (const follower of first.task.next) schedule.add(follower);
  }
}

/** A sweep as the planner orders it: each trial compresses, then is described, evaluated and measured. */
function sweepOf(durations: readonly number[]): Task[] {
  return durations.map((duration, trial) => {
    const steps = [
      task(`evaluate ${trial}`, 'shared', duration, 4 * trial + 1),
      task(`describe ${trial}`, 'shared', 1, 4 * trial + 2),
      task(`measure ${trial}`, 'quiet', 5, 4 * trial + 3),
    ];
    return task(`compress ${trial}`, 'shared', duration, 4 * trial, steps);
  });
}

const everyTask = (tasks: readonly Task[]): Task[] => tasks.flatMap((each) => [each, ...everyTask(each.next)]);
const durations = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 80 });
const slotCounts = fc.integer({ min: 1, max: 8 });

describe('CoreSchedule', () => {
  it('runs everything, never more than its slots, and nothing beside a quiet job', () => {
    const lane = fc.constantFrom<Lane>('quiet', 'shared');
    const order = fc.option(fc.nat(50), { nil: undefined });
    const leaf = fc.record({ lane, order, durationMs: fc.integer({ min: 1, max: 9 }) });
    const tree = fc.record({ root: leaf, followers: fc.array(leaf, { maxLength: 3 }) });
    fc.assert(
      fc.property(slotCounts, fc.array(tree, { maxLength: 40 }), (slots, trees) => {
        const tasks = trees.map(({ root, followers }, at) => ({
          ...root,
          name: `${at}`,
          next: followers.map((each, index) => ({ ...each, name: `${at}.${index}`, next: [] })),
        }));
        const begun = simulate(slots, tasks, (running) => {
          expect(running.length).toBeLessThanOrEqual(slots);
          if (running.some((each) => each.lane === 'quiet')) expect(running).toHaveLength(1);
        });
        expect(begun.map(({ name }) => name).sort()).toEqual(
          everyTask(tasks)
            .map(({ name }) => name)
            .sort(),
        );
      }),
    );
  });

  it('leaves measurements behind by a few batches at most, wherever a run is cancelled', () => {
    fc.assert(
      fc.property(slotCounts, durations, (slots, given) => {
        let [evaluated, measured] = [0, 0];
        for (const { name } of simulate(slots, sweepOf(given))) {
          if (name.startsWith('evaluate')) evaluated++;
          if (name.startsWith('measure')) measured++;
          expect(evaluated - measured).toBeLessThanOrEqual(4 * slots);
        }
      }),
    );
  });

  it('has about 90 % of the latencies of a long run that is cancelled at 90 %', () => {
    const begun = simulate(2, sweepOf(Array.from({ length: 210 }, (_, trial) => 20 + ((trial * 7) % 13))));
    const measured = begun.slice(0, 0.9 * begun.length).filter(({ lane }) => lane === 'quiet').length;
    expect(measured / 210).toBeGreaterThan(0.87);
    expect(measured / 210).toBeLessThan(0.93);
  });

  it('empties its slots for a batch of measurements, not for each', () => {
    const begun = simulate(4, sweepOf(Array<number>(100).fill(30)));
    const batches = begun.filter(({ lane }, at) => lane === 'quiet' && begun[at - 1]!.lane !== 'quiet').length;
    expect(batches).toBeGreaterThan(5);
    expect(batches).toBeLessThan(30);
  });

  it('goes trial by trial with one slot', () => {
    const names = simulate(1, sweepOf([3, 3])).map(({ name }) => name);
    expect(names).toEqual(
      [0, 1].flatMap((trial) => ['compress', 'evaluate', 'describe', 'measure'].map((kind) => `${kind} ${trial}`)),
    );
  });

  it('measures the first trial as soon as it can be measured', () => {
    const names = simulate(2, sweepOf(Array<number>(20).fill(10))).map(({ name }) => name);
    expect(names.indexOf('measure 0')).toBeLessThan(7);
  });

  it.each<[number, Lane]>([
    [1, 'quiet'],
    [1, 'shared'],
    [3, 'quiet'],
    [3, 'shared'],
  ])('with %d slots, takes a %s job that a person waits for before the plan goes on', (slots, lane) => {
    const schedule = new CoreSchedule<Task>(slots);
    for (const each of sweepOf(Array<number>(30).fill(10))) schedule.add(each);
    const running: Task[] = [];
    const begin = (): void => {
      for (let job = schedule.next(); job; job = schedule.next()) running.push(job);
    };
    begin();
    const asked = task('asked', lane, 1);
    schedule.add(asked);
    let others = 0;
    for (begin(); !running.includes(asked); begin(), others++) schedule.finish(running.shift()!);
    expect(others).toBeLessThanOrEqual(slots);
  });

  it('starves neither kind, however many of the other keep coming', () => {
    for (const [endless, lone] of [
      ['shared', 'quiet'],
      ['quiet', 'shared'],
    ] as const) {
      const schedule = new CoreSchedule<Task>(3);
      const running: Task[] = [];
      for (let at = 0; at < 6; at++) schedule.add(task(`${at}`, endless, 1, at));
      const waits = task('lone', lone, 1, 1000);
      schedule.add(waits);
      let turns = 0;
      for (; !running.includes(waits); turns++) {
        for (let job = schedule.next(); job; job = schedule.next()) running.push(job);
        if (running.includes(waits)) break;
        schedule.finish(running.shift()!);
        schedule.add(task(`more ${turns}`, endless, 1, 0));
      }
      expect(turns).toBeLessThan(20);
    }
  });

  it('forgets a job that is withdrawn, also from a batch under way', () => {
    const schedule = new CoreSchedule<Task>(2);
    const [first, second] = [task('a', 'quiet', 1, 0), task('b', 'quiet', 1, 1)];
    const shared = task('c', 'shared', 1, 2);
    for (const each of [first, second, shared]) schedule.add(each);
    expect(schedule.next()).toBe(first);
    expect(schedule.withdraw(second)).toBe(true);
    expect(schedule.withdraw(first)).toBe(false);
    schedule.finish(first);
    expect(schedule.next()).toBe(shared);
    expect(schedule.next()).toBeUndefined();
  });
});
