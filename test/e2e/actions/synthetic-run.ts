import type { ElectronApplication, Page } from '@playwright/test';
import type { RunProgress, RunView, TrialView } from '@shared/run';

/** Shows a run that no engine computed: the main process answers for it, the window is the real one. */
export async function showSyntheticRun(
  app: ElectronApplication,
  window: Page,
  run: RunView,
  matrix: Record<string, unknown> = {},
): Promise<void> {
  await window.getByTestId('nav-matrix').waitFor();
  await app.evaluate(
    ({ ipcMain }, [shown, settings]) => {
      const answers: Record<string, unknown> = {
        'runs.list': [shown],
        'runs.get': ((globalThis as { shown?: RunView }).shown = shown),
        'settings.get': { modelFolder: '', view: { matrix: settings } },
      };
      ipcMain.removeHandler('whittle:call');
      ipcMain.handle('whittle:call', (_event, name: string, input: unknown) => {
        if (name === 'settings.set') (globalThis as { remembered?: unknown }).remembered = input;
        return { ok: true, value: answers[name] ?? null };
      });
    },
    [run, matrix] as const,
  );
  await window.getByTestId('nav-matrix').click();
  await window.getByTestId('matrix').waitFor();
}

/** What the window asked to be remembered last of the matrix. */
export function rememberedView(app: ElectronApplication): Promise<Record<string, unknown> | undefined> {
  return app.evaluate(
    () => (globalThis as { remembered?: { view?: { matrix?: Record<string, unknown> } } }).remembered?.view?.matrix,
  );
}

/** Announces a trial, with the progress of its run, as the engine does. */
export function announceTrial(app: ElectronApplication, run: RunView, trial: TrialView, done = 0): Promise<void> {
  const progress: RunProgress = {
    run: run.id,
    status: 'running',
    stage: `${trial.recipe} of ${trial.model}`,
    done,
    total: 10 * run.trials.length,
    elapsedMs: 100 * done,
  };
  return app.evaluate(
    ({ BrowserWindow }, signals) => {
      // Who asks for the run is told what was announced.
      const { trials } = (globalThis as unknown as { shown: RunView }).shown;
      trials[trials.findIndex(({ id }) => id === signals[0][1].trial.id)] = signals[0][1].trial;
      const { webContents } = BrowserWindow.getAllWindows()[0]!;
      for (const [name, state] of signals) webContents.send('whittle:signal', name, state);
    },
    [
      ['run.trial', { run: run.id, trial }],
      ['run.progress', progress],
    ] as const,
  );
}
