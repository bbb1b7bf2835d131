import { expect, it, onTestFinished } from 'vitest';
import { openWorkspace } from '../../../src/main/engine/store/workspace';
import { trialTimes } from '../../../src/main/engine/sweep/trial-times';
import { trialView } from '../../../src/main/engine/sweep/trial-view';
import type { TrialPlan } from '../../../src/main/engine/sweep/plan';
import { latency, run as view } from '../../unit/matrix/trials';
import { temporaryFolder } from '../store/temporary-folder';

const file = { model: 'net' };
const measured = (key: string, target: { runtime: string; threads: number }): TrialPlan['steps'][number] => ({
  key,
  kind: 'measure',
  title: key,
  order: { kind: 'measure', model: 'net', input: file, baseline: file, target },
  needs: [],
});
const plan: TrialPlan = {
  id: 'net/int8',
  model: 'net',
  recipe: 'int8',
  recipeText: 'quantize.static',
  isBaseline: false,
  steps: [measured('one', { runtime: 'ort-cpu', threads: 1 }), measured('two', { runtime: 'ort-cpu', threads: 2 })],
  artifact: file,
  deployments: [{ runtime: 'ort-cpu', format: 'onnx', file, describe: 'd', evaluate: 'e', baselineEvaluation: 'b' }],
};
const times = { candidateUs: [1, 2, 3], baselineUs: [4, 5, 6] };

it('single times are found by their target, and no view carries them', () => {
  const workspace = openWorkspace(temporaryFolder());
  onTestFinished(() => workspace.close());
  const { sweep, manifest } = view([]);
  const record = { id: 'r', name: 'r', status: 'done' as const, sweep, manifest, startedAt: '2026-01-01T00:00:00Z' };
  workspace.runs.create(record, [{ id: plan.id, plan }]);
  const keep = (key: string, result: object): void =>
    workspace.steps.record({ key, kind: 'measure', result, notes: [], elapsedMs: 1 }, 'r');
  keep('one', { ...latency({ target: 'ort-cpu x1' }), times });
  // As earlier versions have it.
  keep('two', latency({ target: 'ort-cpu x2' }));

  const asked = { run: 'r', trial: plan.id };
  expect(trialTimes({ ...asked, target: 'ort-cpu x1' }, workspace)).toEqual(times);
  expect(trialTimes({ ...asked, target: 'ort-cpu x2' }, workspace)).toBeNull();
  expect(trialTimes({ ...asked, target: 'ort-web x1' }, workspace)).toBeNull();
  expect(() => trialTimes({ ...asked, trial: 'net/none', target: 'ort-cpu x1' }, workspace)).toThrow(
    'has no trial "net/none". It has: net/',
  );

  const [trial] = workspace.runs.trials<TrialPlan>('r');
  const shown = trialView(trial!, {
    workspace,
    computed: new Set(),
    calibrationImages: 0,
    modelFile: () => undefined,
  });
  expect(shown.metrics.latency).toEqual([latency({ target: 'ort-cpu x1' }), latency({ target: 'ort-cpu x2' })]);
});
