import { copyFile, link, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunView } from '@shared/run';
import type { Engine } from '../main/engine/create-engine';
import { compressedCard } from '../main/engine/models/artifact-card';
import { readCard, writeCard } from '../main/engine/models/card';
import { renderReport } from '../main/engine/report/render-report';
import { writeError, writeFileAtomic } from '../main/engine/files/atomic-file';

/**
 * What people look for after a run: `matrix.csv`, `results.json` and the compressed models under readable names, each with
 * its card. Files are linked to the artifacts where the file system can.
 */
export async function writeResults(engine: Engine, run: RunView, out: string | undefined): Promise<string> {
  const folder = out ?? join(engine.workspace.folder, 'runs', run.id);
  const modelsFolder = join(folder, 'models');
  try {
    await mkdir(modelsFolder, { recursive: true });
    await writeFileAtomic(join(folder, 'matrix.csv'), renderReport(run, 'csv'));
    await writeFileAtomic(join(folder, 'results.json'), renderReport(run, 'json'));
    const paths = modelPaths(run, folder);
    for (const trial of run.trials) {
      const path = paths.get(trial.id);
      if (path === undefined || !trial.artifact) continue;
      await rm(path, { force: true });
      await link(trial.artifact.path, path).catch(() => copyFile(trial.artifact!.path, path));
      const source = run.manifest.models.find((model) => model.name === trial.model);
      const card = source && (await readCard(source.path));
      if (card) await writeCard(path, await compressedCard(card, { ...trial.artifact, path }, trial.recipeText));
    }
  } catch (thrown) {
    throw writeError(folder, thrown);
  }
  return folder;
}

/** Where the compressed models of a run lie in its results folder, by trial. */
export function modelPaths(run: RunView, folder: string): Map<string, string> {
  const taken = new Set<string>();
  return new Map(
    run.trials
      .filter(({ isBaseline, status, artifact }) => !isBaseline && status !== 'failed' && artifact)
      .map(({ id, model, recipe }) => {
        const name = unique(`${fileName(model)}--${fileName(recipe)}`, taken);
        return [id, join(folder, 'models', `${name}.onnx`)];
      }),
  );
}

/** "a b" and "A-b" are one name for a file system that ignores case. */
function unique(name: string, taken: Set<string>): string {
  let candidate = name;
  for (let count = 2; taken.has(candidate.toLowerCase()); count++) candidate = `${name}-${count}`;
  taken.add(candidate.toLowerCase());
  return candidate;
}

/** Names come from sweeps and cards: nothing in them may lead elsewhere. */
function fileName(name: string): string {
  return name.replace(/[^\p{L}\p{N}.+-]+/gu, '-').replace(/^[.-]+|-+$/g, '') || 'model';
}
