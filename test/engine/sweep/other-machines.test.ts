import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Agent } from '@shared/agents';
import type { RunView } from '@shared/run';
import { sweepFileSchema } from '@shared/sweep-file';
import { matrixText } from '../../../src/cli/matrix-text';
import { planText } from '../../../src/cli/plan-text';
import { compareRuns } from '../../../src/main/engine/compare/compare-runs';
import { createEngine, type Engine } from '../../../src/main/engine/create-engine';
import { handlersOf } from '../../../src/main/engine/handlers';
import type { Job, JobResults } from '../../../src/main/engine/jobs/job';
import type { Order } from '../../../src/main/engine/jobs/order';
import { readRunFile } from '../../../src/main/engine/report/read-run-file';
import { renderReport } from '../../../src/main/engine/report/render-report';
import { runtimes } from '../../../src/main/engine/runtimes/registry';
import { previewSweep } from '../../../src/main/engine/sweep-preview';
import type { JobEvents, Placed } from '../../../src/main/engine/sweep/executor';
import type { Requirement } from '../../../src/main/engine/sweep/plan';
import { agent } from '../../unit/sweep/agents';
import { asRecords } from '../../unit/report/parse-csv';
import { around } from '../../unit/sweep/sweeps';
import { furnish } from '../cli/laboratory';
import { temporaryFolder } from '../store/temporary-folder';
import { managed } from './managed';
import { prepare } from './prepared';
import { ScriptedExecutor } from './scripted-executor';

const web = { version: '1.30.0', format: 'onnx' };
const board = { machine: agent().machine, runtimes: { 'ort-cpu': web, 'ort-web': web } };
const targets = [
  { runtime: 'ort-cpu' },
  { runtime: 'ort-cpu', on: 'pi4' },
  { runtime: 'ort-web', threads: 4, on: 'pi4' },
];
const names = ['ort-cpu x1', 'ort-cpu x1 on pi4', 'ort-web x4 on pi4'];

/** Keeps what it is asked to place. */
class AskedExecutor extends ScriptedExecutor {
  readonly asked: { kind: string; requires: Requirement | undefined }[] = [];

  override run<K extends Job['kind']>(
    order: Order & { kind: K },
    events: JobEvents,
    signal: AbortSignal,
    placed?: Placed<JobResults[K]>,
  ): Promise<JobResults[K]> {
    this.asked.push({ kind: order.kind, requires: placed?.requires });
    return super.run(order, events, signal, placed);
  }
}

describe('a run on two machines', () => {
  const finished = async (): Promise<{ view: RunView; executor: AskedExecutor }> => {
    const executor = new AskedExecutor();
    const { runs, workspace } = managed(executor);
    const surroundings = { ...around, elsewhere: { pi4: board } };
    const prepared = prepare(workspace, { recipes: { baseline: [], half: ['fp16'] }, targets, surroundings });
    const elsewhere = { pi4: { machine: board.machine, runtimes: { 'ort-cpu': '1.30.0', 'ort-web': '1.30.0' } } };
    const { id, finished: ended } = runs.start({ ...prepared, manifest: { ...prepared.manifest, elsewhere } });
    expect(await ended).toBe('done');
    return { view: runs.view(id), executor };
  };

  it('says of each step what its machine must be, and has the targets side by side everywhere', async () => {
    const { view, executor } = await finished();
    const bound = executor.asked.filter(({ requires }) => requires?.on === 'pi4');
    expect(bound.map(({ kind }) => kind)).toEqual(['measure', 'measure', 'measure', 'measure']);
    expect(executor.asked.filter(({ requires }) => requires === undefined)).toEqual([]);

    for (const { metrics } of view.trials) {
      expect(metrics.latency.map(({ target }) => target)).toEqual(names);
      expect(metrics.deployments!.map(({ name }) => name)).toEqual(['ort-cpu', 'ort-cpu on pi4', 'ort-web on pi4']);
      // Of one runtime on two machines, and of another beside the usual one on its machine.
      const beside = metrics.deployments!.map(({ besideOnnxRuntime }) => besideOnnxRuntime?.reference);
      expect(beside).toEqual([undefined, 'ort-cpu', 'ort-cpu on pi4']);
    }
    const text = matrixText(view);
    expect(text).toContain('net, ort-web on pi4');
    expect(text).toContain('ort-web x4 on pi4 ms');
    const rows = asRecords(renderReport(view, 'csv'));
    expect(rows.map(({ target }) => target)).toEqual([...names, ...names]);
    expect(rows.every(({ top1_percent: top1 }) => top1 !== '')).toBe(true);
    for (const format of ['html', 'md', 'matrix-csv', 'long-csv'] as const) {
      const report = renderReport(view, format);
      for (const name of names) expect(report, format).toContain(name);
    }
    expect(renderReport(view, 'md')).toContain('(CPU; pi4: Cortex-A72)');
    const path = join(temporaryFolder(), 'run.json');
    writeFileSync(path, renderReport(view, 'json'));
    expect((await readRunFile(path)).manifest.elsewhere).toEqual(view.manifest.elsewhere);

    const [, half] = compareRuns({ run: view }, { run: view }).pairs;
    expect(half!.times.map(({ target, isSameSetting }) => [target, isSameSetting])).toEqual(
      names.map((name) => [name, true]),
    );
    expect(half!.answers.map(({ runtime }) => runtime)).toEqual(['ort-cpu', 'ort-cpu on pi4', 'ort-web on pi4']);
  });
});

/** A folder with a model, images and an engine that sees these machines. */
async function laboratory(agents: () => readonly Agent[]) {
  const folder = await furnish(temporaryFolder());
  const engine: Engine = await createEngine({ workspace: join(folder, 'home'), agents });
  onTestFinished(() => engine.close());
  const sweepOn = (asked: object[]) =>
    sweepFileSchema.parse({
      models: [join(folder, 'small.onnx')],
      dataset: { path: join(folder, 'images'), eval: 12, calibration: 6 },
      targets: asked,
      recipes: { baseline: [], half: [{ technique: 'fp16', params: {} }] },
      latency: 'brief',
    });
  return { engine, sweepOn };
}

describe('a sweep with a target on another machine', () => {
  const there = { 'ort-cpu': '1.30.0', 'ort-cuda': '1.30.0' };

  it('is planned where only that machine has the runtime, and the plan says who does what', async () => {
    const { engine, sweepOn } = await laboratory(() => [agent({ labels: ['lab'], name: 'tower', runtimes: there })]);
    const sweep = sweepOn([{ runtime: 'ort-cpu' }, { runtime: 'ort-cuda', on: 'lab' }]);
    const prepared = await engine.prepare(sweep);
    expect(prepared.manifest.elsewhere).toEqual({ lab: { machine: agent().machine, runtimes: there } });
    expect(prepared.manifest.targets).toEqual(['ort-cpu x1', 'ort-cuda x1 on lab']);
    expect(Object.keys(prepared.manifest.runtimes!)).toEqual(['ort-cpu']);
    const plan = await previewSweep(engine, prepared);
    expect(plan.places!.map(({ place }) => place)).toEqual(['this machine', 'tower', 'lab']);
    expect(plan.places!.reduce((sum, { steps }) => sum + steps, 0)).toBe(plan.steps);
    expect(planText(plan)).toMatch(/^where +this machine: \d+ steps\n {18}tower: \d+ steps\n {18}lab: 4 steps\n$/m);
    const ask = handlersOf(engine);
    expect(await ask['targets.check']({ target: { runtime: 'ort-cuda', threads: 1, on: 'lab' } })).toEqual({});
    expect((await ask['sweeps.plan'](sweep)).places).toEqual(plan.places);
  });

  it('says what nobody can do', async () => {
    const { engine, sweepOn } = await laboratory(() => [agent({ state: 'silent' })]);
    const plan = await previewSweep(engine, await engine.prepare(sweepOn([{ runtime: 'ort-cpu', on: 'pi4' }])));
    expect(planText(plan)).toContain(
      'pi4: 4 steps, nobody to do them. board-1 fits and takes no steps: it is silent.\n',
    );
  });

  it('is refused in words where nobody has the label, the runtime or such options', async () => {
    const { engine, sweepOn } = await laboratory(() => [agent({ runtimes: there })]);
    const refused = (target: object) => engine.prepare(sweepOn([target]));
    await expect(refused({ runtime: 'ort-cpu', on: 'lab' })).rejects.toMatchObject({ code: 'target.nobody' });
    await expect(refused({ runtime: 'litert', on: 'pi4' })).rejects.toMatchObject({ code: 'target.lacking' });
    await expect(refused({ runtime: 'ort-cpu', on: 'pi4', options: { fast: 1 } })).rejects.toMatchObject({
      code: 'target.unusable',
    });
    const { problem } = await handlersOf(engine)['targets.check']({
      target: { runtime: 'ort-cpu', threads: 1, on: 'lab' },
    });
    expect(problem).toMatch(/^No machine labelled "lab" is there/);
  });

  it('says nothing of places where there is no other machine', async () => {
    const { engine, sweepOn } = await laboratory(() => []);
    expect(await previewSweep(engine, await engine.prepare(sweepOn([])))).not.toHaveProperty('places');
  });

  it('is measured by workers as any other, under the name of its target', async () => {
    const agents: Agent[] = [];
    const { engine, sweepOn } = await laboratory(() => agents);
    const versions = { 'ort-cpu': runtimes.find(({ id }) => id === 'ort-cpu')!.version() };
    agents.push(agent({ name: 'twin', labels: ['twin'], machine: engine.machine, runtimes: versions }));
    const prepared = await engine.prepare(sweepOn([{ runtime: 'ort-cpu' }, { runtime: 'ort-cpu', on: 'twin' }]));
    // It is of one kind with this machine: the answers are the same step.
    const half = prepared.trials[1]!;
    expect(half.steps.map(({ kind }) => kind)).toEqual(['compress', 'describe', 'evaluate', 'measure', 'measure']);
    const { id, finished: ended } = engine.runs.start(prepared);
    expect(await ended).toBe('done');
    const { metrics } = engine.runs.view(id).trials[1]!;
    expect(metrics.latency.map(({ target }) => target)).toEqual(['ort-cpu x1', 'ort-cpu x1 on twin']);
    expect(metrics.latency.every(({ ratio }) => ratio > 0)).toBe(true);
    expect(metrics.latency.map(({ baselineTarget }) => baselineTarget)).toEqual([undefined, undefined]);
    expect(metrics.deployments!.map(({ name, n }) => [name, n])).toEqual([
      ['ort-cpu', 12],
      ['ort-cpu on twin', 12],
    ]);
    expect(metrics.deployments![1]).not.toHaveProperty('besideOnnxRuntime');

    // Nobody is there any more: the run is taken up with what it knows, and all of it is known.
    agents.length = 0;
    const again = await engine.queue.resume(id);
    expect(await again.finished).toBe('done');
    expect(engine.runs.view(id).trials[1]!.metrics).toEqual(metrics);
    await expect(engine.prepare(prepared.sweep)).rejects.toMatchObject({ code: 'target.nobody' });
  });
});
