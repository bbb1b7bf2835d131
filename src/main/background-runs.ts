import { app, dialog, Notification, powerSaveBlocker } from 'electron';
import type { RunProgress } from '@shared/run';
import type { EngineAccess } from './engine-process';
import { currentWindow, showMainWindow } from './window';

/**
 * What a run that lasts a night needs from the desktop: the machine stays awake, closing the window asks once and may
 * leave the run going, and its end is announced.
 */
export function keepRunsAlive(engine: EngineAccess): void {
  let blocker: number | undefined;
  let leftRunning: string | undefined;
  let last: RunProgress | null = null;
  let quitting = false;

  engine.onSignal((name, state) => {
    if (name !== 'run.progress') return;
    const progress = state as RunProgress | null;
    const active = progress?.status === 'running';
    if (active && blocker === undefined) blocker = powerSaveBlocker.start('prevent-app-suspension');
    if (!active && blocker !== undefined) {
      powerSaveBlocker.stop(blocker);
      blocker = undefined;
    }
    if (progress === null && last) ended(last);
    last = progress;
  });

  const ended = (run: RunProgress): void => {
    if (!currentWindow()?.isFocused() && Notification.isSupported()) {
      const notification = new Notification({
        title: 'Whittle',
        body: `The sweep ended: ${run.done} of ${run.total} steps.`,
      });
      notification.on('click', showMainWindow);
      notification.show();
    }
    if (leftRunning !== undefined && !currentWindow()) app.quit();
    leftRunning = undefined;
  };

  app.on('browser-window-created', (_event, window) => {
    window.on('close', (event) => {
      const run = engine.progress();
      if (quitting || window !== currentWindow() || !run || leftRunning === run.run) return;
      const choice = dialog.showMessageBoxSync(window, {
        type: 'question',
        message: 'A sweep is running.',
        detail:
          'It can go on in the background; start Whittle again to see it. If you quit, the finished steps are kept and the sweep can be resumed.',
        buttons: ['Keep running', 'Quit', 'Cancel'],
        defaultId: 0,
        cancelId: 2,
      });
      if (choice === 2) event.preventDefault();
      if (choice === 0) leftRunning = run.run;
      if (choice === 1) {
        quitting = true;
        leftRunning = undefined;
        app.quit();
      }
    });
  });

  app.on('window-all-closed', () => {
    if (leftRunning === undefined && process.platform !== 'darwin') app.quit();
  });
}
