import { expect, it, onTestFinished } from 'vitest';
import type { TrainingRecord } from '@shared/training-record';
import { trialViewSchema } from '@shared/run';
import { openWorkspace } from '../../../src/main/engine/store/workspace';
import type { TrialPlan } from '../../../src/main/engine/sweep/plan';
import { trialView } from '../../../src/main/engine/sweep/trial-view';
import { run as view } from '../../unit/matrix/trials';
import { temporaryFolder } from '../store/temporary-folder';

const file = { model: 'net' };
const step = (key: string): TrialPlan['steps'][number] => ({
  key,
  kind: 'compress',
  title: key,
  order: {
    kind: 'compress',
    model: 'net',
    input: file,
    reference: file,
    technique: 'finetune',
    params: {},
    images: ['train'],
  },
  needs: [],
});
const plan: TrialPlan = {
  id: 'net/tuned',
  model: 'net',
  recipe: 'tuned',
  recipeText: 'prune.magnitude | finetune',
  isBaseline: false,
  steps: [step('pruned'), step('tuned')],
  artifact: file,
  deployments: [{ runtime: 'ort-cpu', format: 'onnx', file, describe: 'd', evaluate: 'e', baselineEvaluation: 'b' }],
};
const record: TrainingRecord = {
  technique: 'finetune',
  batch: 16,
  steps: 2,
  heldOutImages: 16,
  losses: [{ step: 2, loss: 0.5 }],
  heldOut: [{ step: 0, loss: 1, agreement: 50, seconds: 0 }],
  keptStep: 2,
  seconds: 3,
  waitedShare: 0,
};

it('a trial tells how its steps that trained went', () => {
  const workspace = openWorkspace(temporaryFolder());
  onTestFinished(() => workspace.close());
  const { sweep, manifest } = view([]);
  const run = { id: 'r', name: 'r', status: 'done' as const, sweep, manifest, startedAt: '2026-01-01T00:00:00Z' };
  workspace.runs.create(run, [{ id: plan.id, plan }]);
  const shown = () =>
    trialView(workspace.runs.trials<TrialPlan>('r')[0]!, {
      workspace,
      computed: new Set(),
      calibrationImages: 0,
      modelFile: () => undefined,
    });
  const keep = (key: string, result: object): void =>
    workspace.steps.record({ key, kind: 'compress', result, notes: [], elapsedMs: 1 }, 'r');
  keep('pruned', { sizeBytes: 3 });
  expect(shown().training).toBeUndefined();
  keep('tuned', { sizeBytes: 3, training: [record] });
  expect(shown().training).toEqual([record]);
  expect(trialViewSchema.parse(JSON.parse(JSON.stringify(shown())))).toMatchObject({ training: [record] });
});
