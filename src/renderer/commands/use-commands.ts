import { computed, type ComputedRef } from 'vue';
import { useRouter } from 'vue-router';
import { exportFormats, exportShortcuts } from '@shared/export-formats';
import { toAppError } from '@shared/errors';
import { views } from '@shared/views';
import { call } from '../bridge/client';
import { isUnfinished, resumeLabel } from '../matrix/unfinished';
import { startedText, statusTexts } from '../runs/run-texts';
import { useAppearanceStore } from '../stores/appearance';
import { useTourStore } from '../stores/tour';
import { useDatasetStore } from '../stores/dataset';
import { useExportsStore } from '../stores/exports';
import { useMatrixViewStore } from '../stores/matrix-view';
import { useModelsStore } from '../stores/models';
import { useResultsStore } from '../stores/results';
import { useRunsStore } from '../stores/runs';
import { useSearchStore } from '../stores/search';
import { useSweepDraftStore } from '../stores/sweep-draft';
import { useSweepInputsStore } from '../stores/sweep-inputs';
import { sweepFromDraft } from '../sweep/draft';
import { gapsOf } from '../sweep/gaps';
import type { Command } from './command';

type Action = Omit<Command, 'group'> & { when?: boolean };

/** The table of commands: what can be done now, by its name. */
export function useCommands(showShortcuts: () => void): ComputedRef<Command[]> {
  const router = useRouter();
  const runs = useRunsStore();
  const results = useResultsStore();
  const inputs = useSweepInputsStore();
  const draft = useSweepDraftStore();
  const exports = useExportsStore();
  const matrix = useMatrixViewStore();
  const appearance = useAppearanceStore();
  const tour = useTourStore();
  const search = useSearchStore();

  const openRun = (run: string): unknown => router.push({ name: 'matrix', params: { run } });

  /** What is missing stands in the view of the sweep. */
  async function start(): Promise<void> {
    const [models, dataset] = [useModelsStore(), useDatasetStore()];
    if (!models.loaded) await models.load();
    if (gapsOf(draft.draft, models.list, dataset.problem).length > 0)
      return void (await router.push({ name: 'sweep' }));
    try {
      const run = await call('sweeps.start', sweepFromDraft(draft.draft));
      if (run.status === 'queued') await runs.loadList();
      openRun(run.id);
    } catch (thrown) {
      runs.actionProblem = toAppError(thrown).message;
    }
  }

  const actions = computed((): Action[] => {
    const under = runs.isActive ? runs.progress?.run : undefined;
    const isPaused = runs.progress?.status === 'paused';
    const last = runs.unfinished;
    const ask = (endpoint: (run: string) => unknown) => () => endpoint(under!);
    return [
      { id: 'start', title: under === undefined ? 'Start the sweep' : 'Add the sweep to the queue', run: start },
      { id: 'find-best', title: 'Find the best…', run: () => void (search.asks = {}) },
      {
        id: 'finish-search',
        title: 'Confirm what the search has found',
        when: search.isOn && !search.state?.isFinishing,
        run: search.finish,
      },
      { id: 'pause', title: 'Pause the run', when: under !== undefined && !isPaused, run: ask(runs.pause) },
      { id: 'continue', title: 'Continue the run', when: under !== undefined && isPaused, run: ask(runs.proceed) },
      {
        id: 'cancel',
        title: 'Cancel the run…',
        when: under !== undefined && !search.isOn,
        run: () => void (runs.asksCancel = true),
      },
      ...(last && isUnfinished(last)
        ? [{ id: 'resume', title: `${resumeLabel(last)}: ${last.name}`, run: () => runs.resume(last.id) }]
        : []),
      ...exportFormats.map(({ id, title }) => ({
        id: `export-${id}`,
        title: `Export ${title}…`,
        shortcut: exportShortcuts[id],
        when: runs.latest !== undefined,
        run: async () => {
          await router.push({ name: 'matrix', params: { run: runs.current?.id ?? '' } });
          exports.wanted = id;
        },
      })),
      {
        id: 'open-sweep',
        title: 'Open sweep file…',
        shortcut: 'CmdOrCtrl+O',
        run: async () => {
          await router.push({ name: 'sweep' });
          await inputs.chooseSweep();
        },
      },
      {
        id: 'save-sweep',
        title: 'Save sweep file…',
        shortcut: 'CmdOrCtrl+S',
        run: async () => {
          await router.push({ name: 'sweep' });
          await inputs.saveSweep();
        },
      },
      { id: 'open-results', title: 'Open results…', shortcut: 'CmdOrCtrl+Shift+O', run: results.choose },
      { id: 'own-results', title: 'Back to my results', when: results.folder !== null, run: results.close },
      ...(['light', 'dark', 'system'] as const).map((theme) => ({
        id: `theme-${theme}`,
        title: `Theme: ${theme}`,
        when: appearance.theme !== theme,
        run: () => appearance.setTheme(theme),
      })),
      ...(['comfortable', 'compact'] as const).map((density) => ({
        id: `density-${density}`,
        title: `Density: ${density}`,
        when: appearance.density !== density,
        run: () => void (appearance.density = density),
      })),
      { id: 'tour', title: 'Take the tour', run: tour.start },
      { id: 'shortcuts', title: 'Keyboard shortcuts', shortcut: '?', run: showShortcuts },
    ];
  });

  return computed((): Command[] => [
    ...actions.value.filter(({ when = true }) => when).map((action) => ({ ...action, group: 'Actions' as const })),
    ...views.map(({ name, title, shortcut }) => ({
      id: `view-${name}`,
      group: 'Views' as const,
      title,
      shortcut,
      run: () => router.push({ name }),
    })),
    ...runs.list.map(({ id, name, status, startedAt }) => ({
      id: `run-${id}`,
      group: 'Runs' as const,
      title: name,
      note: `${statusTexts[status]}, ${startedText(startedAt)}`,
      run: () => openRun(id),
    })),
    ...(runs.current?.trials ?? []).map((trial) => ({
      id: `trial-${trial.id}`,
      group: 'Trials' as const,
      title: trial.recipe,
      note: trial.model,
      run: async () => {
        await openRun(runs.current!.id);
        matrix.selectedTrial = trial.id;
      },
    })),
  ]);
}
