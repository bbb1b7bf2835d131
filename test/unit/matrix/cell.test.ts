import { describe, expect, it } from 'vitest';
import type { StepView } from '../../../src/shared/run';
import { trialCells as cellsOf, type Cell, type CellState } from '../../../src/renderer/matrix/cell';
import type { MetricId } from '@shared/presenter/metrics';
import { presentRun } from '@shared/presenter/reading';
import type { TrialView } from '../../../src/shared/run';
import { latency, run, target, trial } from './trials';

const trialCells = (
  subject: TrialView | undefined,
  metrics: MetricId[],
  baseline: TrialView | undefined,
  on: string,
): Cell[] => cellsOf(subject, metrics, presentRun(run([baseline, subject].filter((each) => each !== undefined))), on);
const shown: MetricId[] = ['size', 'latency', 'top1'];
const step = (kind: StepView['kind'], status: StepView['status']): StepView => ({
  kind,
  status,
  title: kind,
  key: kind,
  cached: false,
});
const states = (cells: { state: CellState }[]): CellState[] => cells.map((cell) => cell.state);

describe('trialCells', () => {
  it('fills step by step while the trial runs', () => {
    const running = trial(
      {
        status: 'running',
        steps: [
          step('compress', 'done'),
          step('describe', 'done'),
          step('evaluate', 'running'),
          step('measure', 'waiting'),
        ],
      },
      { sizeBytes: 3_840_133 },
    );
    const cells = trialCells(running, shown, undefined, target);
    expect(states(cells)).toEqual(['value', 'waiting', 'running']);
    expect(cells[2]).toMatchObject({ label: 'evaluating…', description: 'evaluating now' });
  });

  it('says a failure once and keeps its sentence in every cell', () => {
    const failed = trial({
      status: 'failed',
      error: { code: 'technique.failed', facts: { id: 'quantize.static', detail: 'no images' } },
    });
    const cells = trialCells(failed, shown, undefined, target);
    expect(states(cells)).toEqual(['failed', 'failed', 'failed']);
    expect(cells.map((cell) => cell.label)).toEqual(['failed', '', '']);
    expect(cells[2]!.description).toBe('quantize.static failed: no images.');
  });

  it('keeps what was measured before a failure', () => {
    const failed = trial({ status: 'failed' }, { sizeBytes: 1000 });
    expect(states(trialCells(failed, shown, undefined, target))).toEqual(['value', 'failed', 'failed']);
  });

  it.each<[NonNullable<Parameters<typeof trialCells>[0]>['status'], CellState]>([
    ['waiting', 'waiting'],
    ['interrupted', 'interrupted'],
    ['cancelled', 'cancelled'],
    ['done', 'none'],
  ])('%s without values -> %s', (status, state) => {
    expect(states(trialCells(trial({ status }), ['size'], undefined, target))).toEqual([state]);
  });

  it('a finished evaluation without top-1 (no labels) is not waiting', () => {
    const unlabelled = trial({ status: 'running', steps: [step('evaluate', 'done'), step('measure', 'running')] });
    expect(states(trialCells(unlabelled, shown, undefined, target))).toEqual(['waiting', 'running', 'none']);
  });

  it('marks a collapse at top-1 alone, and tells the cause', () => {
    const collapsed = 'it lost 69.0 points; use one scale per channel';
    const done = trial({ collapsed }, { sizeBytes: 1000, n: 1000, top1: 10, latency: [latency()] });
    const cells = trialCells(done, shown, undefined, target);
    expect(cells.map((cell) => cell.collapsed)).toEqual([undefined, undefined, collapsed]);
    expect(cells[2]!.description).toMatch(/collapsed: it lost 69.0 points; use one scale per channel$/);
    expect(cells[1]!.description).not.toContain('collapsed');
  });

  it('says where a smaller file gains no time', () => {
    const measured = trial({}, { sizeBytes: 1000, latency: [latency({ ratioInterval: [0.97, 1.02] })] });
    const [, time] = trialCells(measured, shown, trial({ recipe: 'baseline' }, { sizeBytes: 4000 }), target);
    expect(time!.reading!.change!.words).toBe('no clear speed-up');
    expect(time!.description).toMatch(/: no clear speed-up$/);
  });

  it('describes a difference in words', () => {
    const done = trial(
      {},
      {
        n: 1000,
        top1: 79.3,
        top1Interval: [76.7, 81.7],
        top1Delta: -0.4,
        top1DeltaInterval: [-1.4, 0.6],
        latency: [latency()],
      },
    );
    const [time, top1] = trialCells(done, ['latency', 'top1'], undefined, target);
    expect(time!.description).toBe(
      'Latency 4.12 ±0.06 ms (n 400, 20 rounds); ×0.59 against the baseline [0.57, 0.61]: clear gain',
    );
    expect(top1!.description).toBe(
      'Top-1 79.3 [76.7, 81.7] % (n 1,000); −0.4 against the baseline [−1.4, +0.6]: no clear difference',
    );
  });
});
