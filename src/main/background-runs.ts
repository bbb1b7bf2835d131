import { app, dialog, Notification, powerSaveBlocker } from 'electron';
import { showTray } from './tray';
import type { RunProgress } from '@shared/run';
import type { EngineAccess } from './engine-process';
import { currentWindow, showMainWindow } from './window';

/**
 * What a run that lasts a night needs from the desktop: the machine stays awake, closing the window asks once and may
 * leave the run going, with an icon in the tray as the way back, and its end is announced. The answer holds for that one closing.
 */
export function keepRunsAlive(engine: EngineAccess): void {
  let blocker: number | undefined;
  let leftRunning = false;
  let removeTray = (): void => undefined;
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

  const say = (body: string): void => {
    if (!Notification.isSupported()) return;
    const notification = new Notification({ title: 'Whittle', body });
    notification.on('click', showMainWindow);
    notification.show();
  };

  const ended = (run: RunProgress): void => {
    if (!currentWindow()?.isFocused()) say(`The sweep ended: ${run.done} of ${run.total} steps.`);
    if (leftRunning && !currentWindow()) app.quit();
    backInWindow();
  };

  const backInWindow = (): void => {
    leftRunning = false;
    removeTray();
    removeTray = () => undefined;
  };

  const leaveRunning = (): void => {
    leftRunning = true;
    removeTray = showTray({ open: showMainWindow, quit: () => app.quit() });
    say('The sweep goes on without a window. Start Whittle again, or use its icon in the tray, to see it.');
  };

  app.on('browser-window-created', (_event, window) => {
    // The hidden one that prints is not a way back.
    window.once('show', () => {
      if (window === currentWindow()) backInWindow();
    });
    window.on('close', (event) => {
      const run = engine.progress();
      if (quitting || window !== currentWindow() || !run) return;
      const choice = dialog.showMessageBoxSync(window, {
        type: 'question',
        message: 'A sweep is running.',
        detail:
          'It can go on in the background: start Whittle again, or use its icon in the tray, to see it. If you quit, the finished steps are kept and the sweep can be resumed.',
        buttons: ['Keep running', 'Quit', 'Cancel'],
        defaultId: 0,
        cancelId: 2,
      });
      if (choice === 2) event.preventDefault();
      if (choice === 0) leaveRunning();
      if (choice === 1) {
        quitting = true;
        app.quit();
      }
    });
  });

  app.on('window-all-closed', () => {
    if (!leftRunning && process.platform !== 'darwin') app.quit();
  });
}
