import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunStatus } from '@shared/run';
import { openWorkspace } from '../../../src/main/engine/store/workspace';
import { plan } from '../../unit/sweep/sweeps';
import { run as view } from '../../unit/matrix/trials';

export interface StoredRun {
  id: string;
  name: string;
  status: RunStatus;
  tags?: string[];
}

/** A workspace with runs that ended in all the ways runs do, as an earlier session left them. */
export async function storeRuns(runs: readonly StoredRun[]): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'whittle-runs-'));
  const workspace = openWorkspace(home);
  const { sweep, manifest } = view([]);
  const trials = plan({ baseline: [], pruned: [{ 'prune.magnitude': { amount: 0.5 } }], int8: ['quantize.static'] });
  const models = ['mobilenetv2', 'resnet50', 'squeezenet1.1'].map((name) => ({
    ...{ name, path: `/models/${name}.onnx` },
    sha256: 'ef'.repeat(32),
    sizeBytes: 1000,
  }));
  runs.forEach(({ id, name, status, tags = [] }, at) => {
    const startedAt = new Date(Date.UTC(2026, 0, 1 + at, 20, 30)).toISOString();
    const recipes = { baseline: [], pruned: sweep.recipes.pruned ?? [], int8: [{ technique: 'quantize.static', params: {} }] };
    workspace.runs.create(
      { id, name, status, startedAt, sweep: { ...sweep, name, models: ['net'], recipes }, manifest: { ...manifest, models } },
      trials.map((trial) => ({ id: trial.id, plan: trial })),
    );
    trials.forEach((trial, position) => {
      const isDone = status === 'done' || position === 0;
      workspace.runs.setTrialStatus(id, trial.id, isDone ? 'done' : status === 'failed' ? 'failed' : 'cancelled');
    });
    workspace.runs.setRunStatus(id, status);
    workspace.runs.setElapsed(id, 3_725_000 * (at + 1));
    workspace.marks.edit(id, { tags });
  });
  workspace.close();
  return home;
}
