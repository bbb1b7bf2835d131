import { _electron, type ElectronApplication, type Page } from '@playwright/test';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { RunProgress, RunView, TrialView } from '../src/shared/run';

const project = process.cwd();

interface Screen {
  env: NodeJS.ProcessEnv;
  close: () => void;
}

/** The Electron to use and a screen for it, found as the end-to-end tests find them. */
export async function screen(): Promise<Screen> {
  const script = (name: string): Promise<unknown> =>
    import(/* @vite-ignore */ pathToFileURL(join(project, 'scripts', name)).href);
  const { resolveElectron } = (await script('electron-runtime.mjs')) as { resolveElectron: () => Promise<string> };
  const { openDisplay } = (await script('linux-desktop.mjs')) as {
    openDisplay: () => Promise<{ display?: string; close: () => void }>;
  };
  const { display, close } = await openDisplay();
  return {
    env: { ...process.env, WHITTLE_ELECTRON: await resolveElectron(), ...(display && { DISPLAY: display }) },
    close,
  };
}

export interface SyntheticOptions {
  home: string;
  env: NodeJS.ProcessEnv;
  metrics: string[];
  width?: number;
  height?: number;
}

/** Opens the application on a run that no engine computed: the main process answers for it, the window is the real one. */
export async function openSyntheticRun(
  run: RunView,
  { home, env, metrics, width = 1440, height = 900 }: SyntheticOptions,
): Promise<{ app: ElectronApplication; window: Page }> {
  const isRoot = process.getuid?.() === 0;
  const app = await _electron.launch({
    executablePath: env.WHITTLE_ELECTRON,
    chromiumSandbox: !isRoot,
    args: ['--disable-gpu', ...(isRoot ? ['--no-sandbox'] : []), `--user-data-dir=${join(home, 'chromium')}`, project],
    env: { ...env, WHITTLE_HOME: home } as Record<string, string>,
  });
  const window = await app.firstWindow();
  await window.getByTestId('nav-matrix').waitFor();
  await app.evaluate(
    ({ ipcMain, BrowserWindow }, [shown, shownMetrics, w, h]) => {
      BrowserWindow.getAllWindows()[0]!.setContentSize(w, h);
      const answers: Record<string, unknown> = {
        'runs.list': [shown],
        'runs.get': shown,
        'settings.get': { modelFolder: '', view: { matrix: { metrics: shownMetrics } } },
      };
      ipcMain.removeHandler('whittle:call');
      ipcMain.handle('whittle:call', (_event, name: string) => ({ ok: true, value: answers[name] ?? null }));
    },
    [run, metrics, width, height] as const,
  );
  await window.getByTestId('nav-matrix').click();
  await window.getByTestId('matrix').waitFor();
  return { app, window };
}

/**
 * Announces one trial after the other as a run does, each with its progress.
 * @param next the trial as it is announced after what it was
 * @returns stops, and says how many were announced
 */
export function announceTrials(
  app: ElectronApplication,
  run: RunView,
  perSecond: number,
  next: (trial: TrialView) => TrialView,
): () => number {
  const trials = [...run.trials];
  let count = 0;
  const timer = setInterval(() => {
    const at = count % trials.length;
    trials[at] = next(trials[at]!);
    const progress: RunProgress = {
      run: run.id,
      status: 'running',
      stage: `${trials[at].recipe} of ${trials[at].model}`,
      done: count,
      total: 2000,
      elapsedMs: count * 100,
    };
    count++;
    app
      .evaluate(
        ({ BrowserWindow }, signals) => {
          const { webContents } = BrowserWindow.getAllWindows()[0]!;
          for (const [name, state] of signals) webContents.send('whittle:signal', name, state);
        },
        [
          ['run.trial', { run: run.id, trial: trials[at] }],
          ['run.progress', progress],
        ] as const,
      )
      // The window may close before the last announcement.
      .catch(() => undefined);
  }, 1000 / perSecond);
  return () => {
    clearInterval(timer);
    return count;
  };
}
