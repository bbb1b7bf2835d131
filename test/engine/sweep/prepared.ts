import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { targetName } from '@shared/sweep-file';
import type { Model } from '../../../src/main/engine/models/model-folder';
import { openWorkspace, type Workspace } from '../../../src/main/engine/store/workspace';
import { expandSweep } from '../../../src/main/engine/sweep/expand';
import type { PreparedSweep } from '../../../src/main/engine/sweep/prepare-sweep';
import type { Surroundings } from '../../../src/main/engine/sweep/surroundings';
import { run } from '../../unit/matrix/trials';
import { around, dataset, model, prune, sweep } from '../../unit/sweep/sweeps';
import { temporaryFolder } from '../store/temporary-folder';

export const recipes = { baseline: [], pruned: [prune(0.5)], both: [prune(0.5), 'quantize.static'], half: ['fp16'] };

export function openTemporaryWorkspace(folder = temporaryFolder()): Workspace {
  const workspace = openWorkspace(folder);
  onTestFinished(() => workspace.close());
  return workspace;
}

/** A sweep on models whose files hold nothing but their names. */
export function prepare(
  workspace: Workspace,
  {
    names = ['net'],
    surroundings = around,
    ...changes
  }: {
    names?: string[];
    name?: string;
    recipes?: Record<string, unknown>;
    targets?: object[];
    surroundings?: Surroundings;
  } = {},
): PreparedSweep {
  const parsed = sweep(changes.recipes ?? recipes, { ...changes, recipes: changes.recipes ?? recipes, models: names });
  const models = new Map<string, Model>();
  for (const name of names) {
    const path = join(workspace.folder, `${name}.onnx`);
    writeFileSync(path, name);
    const sha256 = createHash('sha256').update(name).digest('hex');
    models.set(name, { ...model(name), path, sha256, sizeBytes: name.length });
  }
  const data = dataset();
  const { manifest } = run([]);
  return {
    sweep: parsed,
    models,
    dataset: data,
    trials: expandSweep(parsed, [...models.values()], data, surroundings),
    manifest: {
      ...manifest,
      targets: parsed.targets.map(targetName),
      models: [...models.values()].map(({ name, path, sha256, sizeBytes }) => ({ name, path, sha256, sizeBytes })),
    },
    warnings: [],
    around: surroundings,
  };
}
