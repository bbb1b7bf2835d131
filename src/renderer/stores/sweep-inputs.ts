import { defineStore } from 'pinia';
import { shallowRef } from 'vue';
import { formatCounted } from '@shared/format';
import { toAppError } from '@shared/errors';
import type { Settings } from '@shared/settings';
import { sweepFromTemplate, type SweepTemplate } from '@shared/sweep-template';
import { call } from '../bridge/client';
import { sweepFromDraft } from '../sweep/draft';
import { droppedKind } from '../sweep/dropped-files';
import { gapsOf } from '../sweep/gaps';
import { useDatasetStore } from './dataset';
import { useEngineStore } from './engine';
import { useModelsStore } from './models';
import { useSettingsStore } from './settings';
import { useSweepDraftStore } from './sweep-draft';

/** The ways a sweep is filled: templates, a sweep file, and files from a dialog or a drop. Each forgets what was wrong with the one before. */
export const useSweepInputsStore = defineStore('sweep-inputs', () => {
  const engine = useEngineStore();
  const models = useModelsStore();
  const store = useSweepDraftStore();
  const settings = useSettingsStore();
  const problems = shallowRef<string[]>([]);
  const templates = shallowRef<SweepTemplate[]>([]);
  /** Where the sweep was written last. */
  const saved = shallowRef<string>();

  const report = (problem: string): void => void (problems.value = [...problems.value, problem]);

  async function attempt(work: () => Promise<void> | void): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      report(toAppError(thrown).message);
    }
  }

  /** What nobody asked for; an engine that gives way to another is no news then: the next one is asked. */
  async function look(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code !== 'engine.gone') report(error.message);
    }
  }

  /** What a person does next: the problems of what they did before are history. */
  const action =
    <A extends unknown[]>(work: (...words: A) => Promise<void> | void) =>
    (...words: A): Promise<void> => {
      problems.value = [];
      saved.value = undefined;
      return attempt(() => work(...words));
    };

  /** Models named by their path are read at once, so that their rows show. */
  async function readPaths(): Promise<void> {
    const paths = store.draft.models.filter((reference) => /[\\/]|\.onnx$/i.test(reference));
    const read = await Promise.all(paths.map(async (path) => [path, (await models.addFile(path)).reference] as const));
    // A path into the model folder becomes the name it has there.
    const names = new Map(read);
    store.draft.models = [...new Set(store.draft.models.map((reference) => names.get(reference) ?? reference))];
  }

  async function add(paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      const { reference, ok } = await models.addFile(path);
      if (ok) store.toggleModel(reference, true);
    }
  }

  async function open(path: string): Promise<void> {
    store.replace(await call('sweeps.parse', { path }), `Opened ${path}.`);
    await readPaths();
  }

  const chooseSweep = action(async () => {
    const path = await call('shell.chooseSweep');
    if (path) await open(path);
  });

  /** How carefully times are taken where nobody has said so for this sweep. */
  const usualProtocol = async (): Promise<Pick<Settings, 'latency'>> => ({ latency: (await settings.load()).latency });

  const useStarter = action(async () => {
    if (!engine.info) await engine.load();
    if (!engine.info) return;
    store.replace({ ...engine.info.starterSweep, ...(await usualProtocol()) }, 'The starter pack replaced your sweep.');
    await readPaths();
  });

  const loadTemplates = (): Promise<void> => look(async () => void (templates.value = await call('sweeps.templates')));

  /** Its networks, else those that are chosen, else those of the model folder; on the targets that are chosen. */
  const useTemplate = action(async (template: SweepTemplate) => {
    const present = models.folder.filter((model) => !model.recipe).map((model) => model.reference);
    const chosen = template.models.some((name) => present.includes(name)) ? [] : store.draft.models;
    const counts = useDatasetStore().summary;
    const names = chosen.length > 0 ? chosen : present;
    const sweep = { ...sweepFromTemplate(template, names, store.draft.dataset, counts), ...(await usualProtocol()) };
    const count = formatCounted(sweep.models.length, 'model');
    const kept = ['targets', 'deploy'] as const;
    store.replace(sweep, `"${template.title}" replaced your sweep: its recipes, and ${count}.`, kept);
  });

  const saveSweep = action(async () => {
    const [gap] = gapsOf(store.draft, models.list, useDatasetStore().problem);
    if (gap !== undefined) return report(`The sweep is not complete, so it was not saved. ${gap}`);
    const sweep = sweepFromDraft(store.draft);
    const suggestedName = `${sweep.name.replace(/[^\p{L}\p{N}.+-]+/gu, '-').replace(/^[.-]+|-+$/g, '') || 'sweep'}.sweep.yaml`;
    saved.value = (await call('shell.saveSweep', { sweep, suggestedName }))?.path;
  });

  /** A folder holds results, else it is taken for images. Answers whether results were opened. */
  async function takeFolder(path: string): Promise<boolean> {
    try {
      return (await call('shell.openResults', { path })) !== null;
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code !== 'results.not-found') throw error;
      store.draft.dataset.path = path;
      return false;
    }
  }

  /** Answers the name of the view that shows what was dropped. */
  async function takeDropped(files: readonly { path: string; type: string }[]): Promise<'sweep' | 'matrix'> {
    problems.value = [];
    let view: 'sweep' | 'matrix' = 'sweep';
    for (const { path, type } of files) {
      await attempt(async () => {
        const kind = droppedKind(path, type);
        if (kind === 'model') await add([path]);
        else if (kind === 'sweep') await open(path);
        else if (kind === 'report') view = (await call('shell.openResults', { path })) === null ? view : 'matrix';
        else if (kind === 'folder') view = (await takeFolder(path)) ? 'matrix' : view;
        else
          report(
            `${path} was not added: drop .onnx models, a folder of images or of results, a sweep file (.yaml), or a JSON report of a run.`,
          );
      });
    }
    return view;
  }

  return {
    problems,
    templates,
    saved,
    readPaths,
    loadTemplates,
    addModels: action(add),
    chooseSweep,
    saveSweep,
    useStarter,
    useTemplate,
    takeDropped,
  };
});
