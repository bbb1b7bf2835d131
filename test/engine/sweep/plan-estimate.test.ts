import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { median } from '../../../src/shared/statistics/percentile';
import type { Workspace } from '../../../src/main/engine/store/workspace';
import { distinctSteps, formatOf } from '../../../src/main/engine/sweep/plan';
import { estimatePlan } from '../../../src/main/engine/sweep/plan-estimate';
import type { PreparedSweep } from '../../../src/main/engine/sweep/prepare-sweep';
import { StepCosts, type StepSample } from '../../../src/main/engine/sweep/step-costs';
import { around, prune } from '../../unit/sweep/sweeps';
import { openTemporaryWorkspace, prepare } from './prepared';

const machineId = around.machine.id;
const place = { machineId, slots: 1 };
const middle = ({ lowMs, highMs }: { lowMs: number; highMs: number }): number => Math.sqrt(lowMs * highMs);

/** What each kind of step takes here, milliseconds. */
const costs = { compress: 4000, convert: 10, describe: 20, evaluate: 300, measure: 1000 };

/** Writes into the journal that a run did the whole sweep. */
function finish(workspace: Workspace, prepared: PreparedSweep, id = 'run-1', machine = machineId): void {
  const { sweep, trials } = prepared;
  const dataset = { ...prepared.manifest.dataset, eval: 8, calibration: 4 };
  const manifest = { ...prepared.manifest, dataset, machine: { ...prepared.manifest.machine, id: machine } };
  workspace.runs.create(
    { id, name: sweep.name, status: 'done', sweep, manifest, startedAt: '2026-11-26T00:00:00Z' },
    trials.map((plan) => ({ id: plan.id, plan })),
  );
  for (const { key, kind, order } of distinctSteps(trials)) {
    const artifact = formatOf(order) && 'a'.repeat(64);
    workspace.steps.record({ key, kind, result: { sizeBytes: 7 }, artifact, notes: [], elapsedMs: costs[kind] }, id);
  }
}

describe('the estimate of a sweep', () => {
  it('is honest before anything has run here, also where another machine has', () => {
    const workspace = openTemporaryWorkspace();
    const prepared = prepare(workspace);
    expect(estimatePlan(prepared, workspace, place)).toEqual({
      unknownSteps: 15,
      // Three artifacts of at most the network's three bytes, and the crops of 8 and of 4 images.
      diskBytes: 3 * 3 + (8 + 4) * 32 * 32 * 3,
    });
    finish(workspace, prepare(workspace, { recipes: { other: [prune(0.1)] } }), 'elsewhere', 'm2');
    expect(estimatePlan(prepared, workspace, place).time).toBeUndefined();
  });

  it('knows afterwards what is left costs, and that nothing is left of the same sweep', () => {
    const workspace = openTemporaryWorkspace();
    const prepared = prepare(workspace);
    finish(workspace, prepared);
    expect(estimatePlan(prepared, workspace, place)).toEqual({
      time: { lowMs: 0, highMs: 0 },
      unknownSteps: 0,
      diskBytes: 0,
    });
    const more = prepare(workspace, { recipes: { baseline: [], pruned: [prune(0.5)], harder: [prune(0.7)] } });
    const { time, unknownSteps, diskBytes } = estimatePlan(more, workspace, place);
    expect(unknownSteps).toBe(0);
    const took = costs.compress + costs.describe + costs.evaluate + costs.measure;
    expect(middle(time!) / took).toBeCloseTo(1, 2);
    expect(time!.highMs / time!.lowMs).toBeLessThan(2);
    expect(diskBytes, 'what such a step wrote before').toBe(7);
  });

  it('sees what a run under way has finished', () => {
    const workspace = openTemporaryWorkspace();
    const prepared = prepare(workspace);
    workspace.runs.create(
      {
        id: 'now',
        name: 'now',
        status: 'running',
        sweep: prepared.sweep,
        manifest: { ...prepared.manifest, machine: around.machine },
        startedAt: '2026-11-26T00:00:00Z',
      },
      prepared.trials.map((plan) => ({ id: plan.id, plan })),
    );
    expect(estimatePlan(prepared, workspace, place).time).toBeUndefined();
    const [first] = prepared.trials[0]!.steps;
    workspace.steps.record({ key: first!.key, kind: first!.kind, result: {}, notes: [], elapsedMs: 20 }, 'now');
    workspace.runs.setElapsed('now', 20);
    expect(estimatePlan(prepared, workspace, place)).toMatchObject({ unknownSteps: 11, time: {} });
  });
});

interface Recordings {
  columns: (keyof StepSample)[];
  recordings: { about: string; before: unknown[][]; after: unknown[][] }[];
}
const { columns, recordings } = JSON.parse(
  readFileSync(join(import.meta.dirname, '..', '..', 'fixtures', 'recorded-step-costs.json'), 'utf8'),
) as Recordings;
const samplesOf = (rows: unknown[][]): StepSample[] =>
  rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at]])) as unknown as StepSample);
const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

describe.each(recordings)('foretold from a recorded run: $about', ({ before, after }) => {
  const learned = new StepCosts(samplesOf(before));
  const pairs = samplesOf(after).map((sample) => ({ took: sample.elapsedMs, ...learned.expect(sample)! }));

  it('steps are off by less than 15 % in the median', () => {
    expect(pairs.length).toBeGreaterThan(60);
    expect(median(pairs.map(({ took, expectedMs }) => Math.abs(expectedMs / took - 1)))).toBeLessThan(0.15);
  });

  it('the whole is off by less than 15 %', () => {
    const ratio = sum(pairs.map(({ expectedMs }) => expectedMs)) / sum(pairs.map(({ took }) => took));
    expect(Math.abs(ratio - 1)).toBeLessThan(0.15);
  });
});
