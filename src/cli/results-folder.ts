import { copyFile, link, mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { RunView, TrialView } from '@shared/run';
import type { Engine } from '../main/engine/create-engine';
import { formats } from '../main/engine/formats/registry';
import { cardOfArtifact } from '../main/engine/models/artifact-card';
import { writeCard } from '../main/engine/models/card';
import { renderReport } from '../main/engine/report/render-report';
import { writeError, writeFileAtomic } from '../main/engine/files/atomic-file';
import { longestName, withinBytes } from '../main/engine/files/name-length';

/** A compressed model in one format, and where it lies in the results folder. */
interface ResultFile {
  format: string;
  path: string;
  /** In the workspace. */
  stored: NonNullable<TrialView['artifact']>;
}

/**
 * What people look for after a run: `matrix.csv`, `results.json` and the compressed models under readable names, in every format that they are
 * deployed in, each with its card. Files are linked to the artifacts where the file system can.
 */
export async function writeResults(engine: Engine, run: RunView, out: string | undefined): Promise<string> {
  const folder = out ?? join(engine.workspace.folder, 'runs', run.id);
  const modelsFolder = join(folder, 'models');
  try {
    await mkdir(modelsFolder, { recursive: true }).catch((thrown: unknown) => {
      throw writeError(modelsFolder, thrown);
    });
    await writeFileAtomic(join(folder, 'matrix.csv'), renderReport(run, 'csv'));
    await writeFileAtomic(join(folder, 'results.json'), renderReport(run, 'json'));
    const files = resultFiles(run, folder);
    for (const trial of run.trials) {
      const own = files.get(trial.id) ?? [];
      const made = own.length > 0 ? await cardOfArtifact(run, trial) : undefined;
      for (const { format, path, stored } of own) {
        await rm(path, { force: true, recursive: true });
        const unpack = formats.find(({ id }) => id === format)?.unpack;
        if (unpack) await unpack(stored.path, path);
        else await link(stored.path, path).catch(() => copyFile(stored.path, path));
        const { sha256, sizeBytes: bytes } = stored;
        if (made) await writeCard(path, { ...made, file: basename(path), sha256, bytes });
      }
    }
  } catch (thrown) {
    throw writeError(folder, thrown);
  }
  return folder;
}

/** What files are called where not by their format: the compiler's are .tflite files, and opened as such. */
const endings: Readonly<Record<string, string>> = {
  edgetpu: '_edgetpu.tflite',
  ...Object.fromEntries(formats.flatMap(({ id, ending }) => (ending === undefined ? [] : [[id, `.${ending}`]]))),
};

/** The compressed models of a run in its results folder, by trial: the ONNX file, then what was made of it. */
export function resultFiles(run: RunView, folder: string): Map<string, ResultFile[]> {
  const taken = new Set<string>();
  return new Map(
    run.trials
      .filter(({ isBaseline, status, artifact }) => !isBaseline && status !== 'failed' && artifact)
      .map(({ id, model, recipe, artifact, deployed = [] }) => {
        const name = unique(withinBytes(`${fileName(model)}--${fileName(recipe)}`, longestName), taken);
        const stored = [{ ...artifact!, format: 'onnx' }, ...deployed];
        return [
          id,
          stored.map(({ format, ...file }) => ({
            format,
            path: join(folder, 'models', `${name}${endings[format] ?? `.${format}`}`),
            stored: file,
          })),
        ];
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
