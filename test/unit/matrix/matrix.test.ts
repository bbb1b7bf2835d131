import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { navigate } from '../../../src/renderer/matrix/grid-navigation';
import { mergeProgress, mergeTrials } from '../../../src/renderer/matrix/merge-trial';
import { baselines, matchesFilter, matrixRows } from '@shared/presenter/rows';
import { presentRun } from '@shared/presenter/reading';
import { shownModels, shownRows, type ReportView } from '@shared/presenter/report-view';
import { scatterPoints } from '../../../src/renderer/matrix/scatter-points';
import { manifestFacts, machineLine } from '../../../src/renderer/matrix/manifest-facts';
import { endingText, isUnfinished, resumeLabel } from '../../../src/renderer/matrix/unfinished';
import { parseViewSettings, visibleModels } from '../../../src/renderer/matrix/view-settings';
import type { RunStatus } from '@shared/run';
import { latency, run, target, trial } from './trials';

describe('rows', () => {
  const view = run([
    trial({ model: 'a', recipe: 'baseline' }),
    trial({ model: 'b', recipe: 'baseline' }),
    trial({ model: 'a', recipe: 'int8' }),
    trial({ model: 'b', recipe: 'int8' }),
  ]);

  it('keep the order of the sweep and find each network’s trial', () => {
    const rows = matrixRows(view);
    expect(rows.map((row) => [row.recipe, row.isBaseline, row.recipeText])).toEqual([
      ['baseline', true, ''],
      ['int8', false, 'quantize.static'],
    ]);
    expect(rows[1]!.trials.get('b')?.id).toBe('b/int8');
    expect([...baselines(view).keys()]).toEqual(['a', 'b']);
  });

  it.each([
    ['', true],
    ['INT8', true],
    ['static int', true],
    ['static prune', false],
  ])('filter %j -> %s', (filter, matches) => expect(matchesFilter(matrixRows(view)[1]!, filter)).toBe(matches));
});

describe('shownRows', () => {
  const sized = (recipe: string, sizeBytes?: number) =>
    trial({ model: 'a', recipe }, { ...(sizeBytes && { sizeBytes }) });
  const presentation = presentRun(
    run([sized('baseline', 9e6), sized('x', 3e6), sized('waits'), sized('y', 1e6), sized('z', 2e6)]),
  );
  const names = (view: Partial<ReportView>): string[] =>
    shownRows(presentation, { filter: '', sort: null, ...view }, target).map((row) => row.recipe);
  const sort = { model: 'a', metric: 'size' as const, descending: false };
  it.each<[Partial<ReportView>, string[]]>([
    [{}, ['baseline', 'x', 'waits', 'y', 'z']],
    [{ filter: 'wait' }, ['baseline', 'waits']],
    [{ sort }, ['baseline', 'y', 'z', 'x', 'waits']],
    [{ sort: { ...sort, descending: true } }, ['baseline', 'x', 'z', 'y', 'waits']],
  ])('%j -> %j', (view, rows) => expect(names(view)).toEqual(rows));

  it('all networks where a view names none of the run’s', () => {
    expect(shownModels({ models: ['a', 'b'] }, undefined)).toEqual(['a', 'b']);
    expect(shownModels({ models: ['a', 'b'] }, ['b', 'c'])).toEqual(['b']);
    expect(shownModels({ models: ['a', 'b'] }, ['c'])).toEqual(['a', 'b']);
  });
});

describe('merging what is announced', () => {
  it('replaces the trial and counts again', () => {
    const before = run([trial({ recipe: 'baseline', status: 'running' }), trial({ status: 'waiting' })]);
    const after = mergeTrials(before, [trial({ recipe: 'baseline' }), trial({ status: 'failed' })]);
    expect(after.trials.map((each) => each.status)).toEqual(['done', 'failed']);
    expect([after.trialsDone, after.trialsFailed]).toEqual([1, 1]);
    expect(before.trials[0]!.status).toBe('running');
  });

  it('takes the status from progress', () => {
    const runs = [run([trial()])];
    const progress = { run: 'run-1', status: 'paused' as const, stage: '', done: 0, total: 1, elapsedMs: 0 };
    expect(mergeProgress(runs, progress)[0]!.status).toBe('paused');
    expect(mergeProgress(runs, { ...progress, run: 'other' })[0]).toBe(runs[0]);
  });
});

describe('navigate', () => {
  const size = { rows: 5, columns: 4 };
  it.each([
    ['ArrowDown', false, { row: 2, column: 1 }],
    ['ArrowUp', false, { row: 0, column: 1 }],
    ['ArrowLeft', false, { row: 1, column: 0 }],
    ['ArrowRight', true, { row: 1, column: 3 }],
    ['Home', false, { row: 1, column: 0 }],
    ['Home', true, { row: 0, column: 0 }],
    ['End', true, { row: 4, column: 3 }],
    ['PageDown', false, { row: 4, column: 1 }],
    ['Enter', false, undefined],
    ['toString', false, undefined],
  ])('%s (control %s)', (key, control, to) => expect(navigate({ row: 1, column: 1 }, key, control, size)).toEqual(to));

  it('never leaves the grid', () => {
    const keys = fc.array(
      fc.constantFrom('ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'PageUp', 'PageDown', 'Home', 'End'),
    );
    fc.assert(
      fc.property(keys, (pressed) => {
        const end = pressed.reduce((at, key) => navigate(at, key, false, size)!, { row: 0, column: 0 });
        expect(end.row >= 0 && end.row < 5 && end.column >= 0 && end.column < 4).toBe(true);
      }),
    );
  });
});

describe('scatterPoints', () => {
  const view = run([
    trial(
      { model: 'a', recipe: 'baseline' },
      { sizeBytes: 14e6, top1: 79.7, top1Interval: [77.1, 82.1], latency: [latency({ p50Ms: 7 })] },
    ),
    trial({ model: 'a', recipe: 'int8' }, { sizeBytes: 3.8e6, top1: 80.1, latency: [latency()] }),
    trial({ model: 'a', recipe: 'waits', status: 'waiting' }, { sizeBytes: 3e6 }),
    trial({ model: 'b', recipe: 'baseline' }, { sizeBytes: 5e6, top1: 70.2 }),
  ]);

  it('holds the trials that have both numbers, with a front per network', () => {
    const points = scatterPoints(view, ['a', 'b'], 'size', target);
    expect(points.map((point) => [point.trial, point.x, point.y, point.onFront])).toEqual([
      ['a/baseline', 14, 79.7, false],
      ['a/int8', 3.8, 80.1, true],
      ['b/baseline', 5, 70.2, true],
    ]);
    expect(points[0]!.yInterval).toEqual([77.1, 82.1]);
  });

  it('keeps a collapsed trial off the front, however small it is', () => {
    const tiny = trial({ model: 'a', recipe: 'binary', collapsed: 'it guesses' }, { sizeBytes: 1e6, top1: 0.1 });
    const points = scatterPoints({ ...view, trials: [...view.trials, tiny] }, ['a'], 'size', target);
    expect(points.find((point) => point.recipe === 'binary')).toMatchObject({ x: 1, onFront: false });
    expect(points.find((point) => point.recipe === 'int8')).toMatchObject({ onFront: true });
  });

  it('gives latency its deviation and leaves out hidden networks', () => {
    const points = scatterPoints(view, ['a'], 'latency', target);
    // 7 ms × 0.59: the time that agrees with the ratio.
    expect(points.map((point) => point.x)).toEqual([7, expect.closeTo(4.13, 9)]);
    expect(points[1]!.xInterval![0]).toBeCloseTo(4.13 - (0.06 * 4.13) / 4.12, 6);
  });
});

describe('view settings', () => {
  it('fall back field by field', () => {
    const parsed = parseViewSettings({
      metrics: ['top1', 'nonsense', 'size'],
      hiddenModels: 'x',
      chartAxis: 'latency',
      sort: { model: 'a' },
    });
    expect(parsed).toMatchObject({
      metrics: ['size', 'top1'],
      hiddenModels: [],
      chartAxis: 'latency',
      sort: null,
      chartOpen: true,
    });
    expect(parseViewSettings('damaged')).toEqual(parseViewSettings(undefined));
  });

  it('read back what they wrote', () => {
    const settings = {
      ...parseViewSettings({}),
      sort: { model: 'a', metric: 'top1' as const, descending: true },
      chartLog: false,
    };
    expect(parseViewSettings(JSON.parse(JSON.stringify(settings)))).toEqual(settings);
  });

  it('never hide every network', () => {
    expect(visibleModels(['a', 'b'], ['b'])).toEqual(['a']);
    expect(visibleModels(['a', 'b'], ['a', 'b'])).toEqual(['a', 'b']);
  });
});

describe('runs that ended', () => {
  const ended = (status: RunStatus, done: number, failed: number, skipped = 0) => ({
    ...run([trial()]),
    status,
    trialsDone: done,
    trialsFailed: failed,
    trialsSkipped: skipped,
    trialsTotal: 4,
  });
  it.each([
    [ended('done', 4, 0), false, 'Retry failed', 'ended: 4 of 4 trials done.'],
    [ended('failed', 3, 1), true, 'Retry failed', 'ended: 3 of 4 trials done, 1 failed.'],
    [ended('interrupted', 1, 1), true, 'Continue', 'was interrupted: 1 of 4 trials done, 1 failed, 2 not run.'],
    [ended('stopped', 1, 0), true, 'Continue', 'ended when its time was up: 1 of 4 trials done, 3 not run.'],
    [ended('done', 3, 0, 1), false, 'Continue', 'ended: 3 of 4 trials done, 1 skipped.'],
    [ended('queued', 0, 0), false, 'Continue', 'ended: 0 of 4 trials done, 4 not run.'],
    [ended('running', 1, 0), false, 'Continue', 'ended: 1 of 4 trials done, 3 not run.'],
  ])('%#', (view, unfinished, label, text) => {
    expect([isUnfinished(view), resumeLabel(view), endingText(view)]).toEqual([unfinished, label, text]);
  });
});

describe('manifest', () => {
  it('names what decides the numbers', () => {
    const { manifest } = run([trial()]);
    expect(machineLine(manifest)).toBe('CPU · 2 cores · AVX2 · ort-cpu x1');
    const facts = new Map(manifestFacts(manifest).map((fact) => [fact.name, fact.value]));
    expect(facts.get('Images')).toBe('1,000 evaluation, 256 calibration, 0 skipped');
    expect(facts.get('Memory')).toBe('8.00 GB');
  });

  it('names the machines of targets that are elsewhere', () => {
    const { manifest } = run([trial()]);
    const machine = { ...manifest.machine, cpu: 'Cortex-A72', arch: 'arm64', isa: ['NEON'], governor: 'performance' };
    const targets = ['litert x4 on pi4'];
    const away = { ...manifest, targets, elsewhere: { pi4: { machine, runtimes: { litert: '2.3.0' } } } };
    expect(machineLine(away)).toBe('CPU · 2 cores · AVX2 · pi4: Cortex-A72 · litert x4 on pi4');
    expect(manifestFacts(away).find(({ name }) => name === 'Machine pi4')!.value).toBe(
      'Cortex-A72, 2 cores, linux arm64, governor performance, NEON; litert 2.3.0',
    );
  });
});
