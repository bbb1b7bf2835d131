import { app } from 'electron';
import { registerScheme, serveRenderer } from './app-protocol';
import { keepRunsAlive } from './background-runs';
import { startEngine } from './engine-process';
import { initIpc } from './ipc';
import { initMenu } from './menu';
import { printFromCommandLine } from './print-command';
import { openResultsFromCommandLine, resultsOf } from './results-command';
import { applyTheme } from './theme';
import { hardenSession, openMainWindow, showMainWindow } from './window';

/** The application as a list of small modules. It owns windows, menus, dialogs and the engine's process, and computes nothing. */
function start(): void {
  if (!app.requestSingleInstanceLock()) {
    app.quit();
    return;
  }
  registerScheme();
  app.on('activate', showMainWindow);
  void app.whenReady().then(() => {
    applyTheme();
    hardenSession();
    serveRenderer();
    const results = resultsOf(process.argv);
    const engine = startEngine(results);
    initIpc(engine);
    initMenu(engine);
    keepRunsAlive(engine);
    openMainWindow();
    openResultsFromCommandLine(engine, results);
  });
}

if (!printFromCommandLine()) start();
