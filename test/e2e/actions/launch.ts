import { _electron, type ElectronApplication, type Page } from '@playwright/test';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectFolder = fileURLToPath(new URL('../../..', import.meta.url));

/** Tests that run side by side have a screen each. */
const screens = (process.env.WHITTLE_SCREENS ?? '').split(' ');
const screen = screens[Number(process.env.TEST_PARALLEL_INDEX ?? 0) % screens.length];

export interface LaunchedApp {
  app: ElectronApplication;
  window: Page;
  /** The workspace of this launch: journal, artifacts, settings. */
  home: string;
  close(): Promise<void>;
}

/** Starts the real application on a workspace of its own. The sandbox stays on for everybody but root, as in use. */
export async function launchApp(
  options: {
    home?: string;
    dark?: boolean;
    width?: number;
    height?: number;
    environment?: Record<string, string>;
    /** Words of the command line. */
    words?: string[];
    /** Switches of Chromium, as a fake camera. */
    switches?: string[];
  } = {},
): Promise<LaunchedApp> {
  const home = options.home ?? (await mkdtemp(join(tmpdir(), 'whittle-e2e-')));
  const isRoot = process.getuid?.() === 0;
  const app = await _electron.launch({
    executablePath: process.env.WHITTLE_ELECTRON,
    chromiumSandbox: !isRoot,
    args: [
      '--disable-gpu',
      ...(isRoot ? ['--no-sandbox'] : []),
      `--user-data-dir=${join(home, 'chromium')}`,
      ...(options.switches ?? []),
      projectFolder,
      ...(options.words ?? []),
    ],
    env: { ...process.env, ...(screen && { DISPLAY: screen }), WHITTLE_HOME: home, ...options.environment },
    colorScheme: options.dark ? 'dark' : 'light',
  });
  const window = await app.firstWindow();
  if (options.width) {
    await app.evaluate(
      ({ BrowserWindow }, [width, height]) => BrowserWindow.getAllWindows()[0]!.setContentSize(width, height),
      [options.width, options.height ?? 860] as const,
    );
  }
  return {
    app,
    window,
    home,
    close: async () => {
      // A run under way would ask whether to go on in the background.
      await app.evaluate(({ dialog }) => (dialog.showMessageBoxSync = () => 1)).catch(() => undefined);
      await app.close();
      if (!options.home) await rm(home, { recursive: true, force: true });
    },
  };
}

/** Answers the next save dialogs with a path, as a person would. */
export async function answerSaveDialog(app: ElectronApplication, path: string): Promise<void> {
  await app.evaluate(({ dialog }, filePath) => {
    dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
  }, path);
}
