import { shallowRef } from 'vue';
import { toAppError } from '@shared/errors';
import { caseStudyFor } from '@shared/templates';
import { call } from '../bridge/client';
import { useEngineStore } from '../stores/engine';
import { useModelsStore } from '../stores/models';
import { useSweepDraftStore } from '../stores/sweep-draft';
import { droppedKind } from './dropped-files';

/** The ways a sweep is filled: templates, a sweep file, and files from a dialog or a drop. */
export function useSweepInputs() {
  const engine = useEngineStore();
  const models = useModelsStore();
  const store = useSweepDraftStore();
  const problems = shallowRef<string[]>([]);

  async function attempt(work: () => Promise<void> | void): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      problems.value = [...problems.value, toAppError(thrown).message];
    }
  }

  /** Networks named by their path are read at once, so that their rows show. */
  async function readPaths(): Promise<void> {
    const paths = store.draft.models.filter((reference) => /[\\/]|\.onnx$/i.test(reference));
    const read = await Promise.all(paths.map(async (path) => [path, (await models.addFile(path)).reference] as const));
    // A path into the model folder becomes the name it has there.
    const names = new Map(read);
    store.draft.models = [...new Set(store.draft.models.map((reference) => names.get(reference) ?? reference))];
  }

  async function addModels(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      const { reference, ok } = await models.addFile(path);
      if (ok) store.toggleModel(reference, true);
    }
  }

  const openSweep = (path: string): Promise<void> =>
    attempt(async () => {
      store.replace(await call('sweeps.parse', { path }), `Opened ${path}.`);
      await readPaths();
    });

  const chooseSweep = (): Promise<void> =>
    attempt(async () => {
      const path = await call('shell.chooseSweep');
      if (path) await openSweep(path);
    });

  const useStarter = (): Promise<void> =>
    attempt(async () => {
      if (!engine.info) await engine.load();
      if (!engine.info) return;
      store.replace(engine.info.starterSweep, 'The starter pack replaced your sweep.');
      await readPaths();
    });

  const useCaseStudy = (): Promise<void> =>
    attempt(() => {
      const present = models.folder.map((model) => model.reference);
      store.replace(caseStudyFor(present, store.draft.dataset), 'The case study replaced your sweep.');
    });

  async function takeDropped(files: readonly { path: string; type: string }[]): Promise<void> {
    problems.value = [];
    for (const { path, type } of files) {
      const kind = droppedKind(path, type);
      if (kind === 'model') await addModels([path]);
      else if (kind === 'sweep') await openSweep(path);
      else if (kind === 'folder') store.draft.dataset.path = path;
      else
        problems.value = [
          ...problems.value,
          `${path} was not added: drop .onnx models, a folder of images, or a sweep file (.yaml).`,
        ];
    }
  }

  return { problems, attempt, readPaths, addModels, chooseSweep, useStarter, useCaseStudy, takeDropped };
}
