import { app, dialog, Notification, powerSaveBlocker } from 'electron';
import { endingText } from '@shared/presenter/run-ending';
import type { RunProgress, RunSummary } from '@shared/run';
import { desktopProgress } from './desktop-progress';
import type { EngineAccess } from './engine-process';
import { showTray, type RunTray } from './tray';
import { mayLoseRecord } from './unsaved-record';
import { currentWindow, showMainWindow } from './window';

/**
 * What a run that lasts a night needs from the desktop: the machine stays awake, taskbar and dock show how far it is, closing the window asks
 * once and may leave the run going, with an icon in the tray as the way back, and its end is announced, as is a full disk. The answer holds for
 * that one closing.
 */
export function keepRunsAlive(engine: EngineAccess): void {
  let blocker: number | undefined;
  let leftRunning = false;
  let tray: RunTray | undefined;
  let last: RunProgress | null = null;
  let quitting = false;

  engine.onSignal((name, state) => {
    if (name !== 'run.progress') return;
    const progress = state as RunProgress | null;
    // Without room on the disk it goes on by itself, so the machine has to be awake then.
    const active = progress?.status === 'running' || progress?.waitsFor !== undefined;
    if (active && blocker === undefined) blocker = powerSaveBlocker.start('prevent-app-suspension');
    if (!active && blocker !== undefined) {
      powerSaveBlocker.stop(blocker);
      blocker = undefined;
    }
    show(progress);
    if (progress?.waitsFor && !last?.waitsFor) say(`The disk is full. The sweep goes on by itself when there is room.`);
    if (progress === null && last) void ended(last);
    last = progress;
  });

  const show = (progress: RunProgress | null): void => {
    const { fraction, mode, text } = desktopProgress(progress);
    currentWindow()?.setProgressBar(fraction, { mode });
    app.dock?.setBadge(fraction < 0 ? '' : `${Math.floor(100 * fraction)} %`);
    tray?.tell(text);
  };

  const say = (body: string): void => {
    if (!Notification.isSupported()) return;
    const notification = new Notification({ title: 'Whittle', body });
    notification.on('click', showMainWindow);
    notification.show();
  };

  const ended = async (progress: RunProgress): Promise<void> => {
    const runs = (await engine.host.request('runs.list', undefined).catch(() => [])) as RunSummary[];
    const run = runs.find(({ id }) => id === progress.run);
    if (run && !currentWindow()?.isFocused()) say(`The sweep "${run.name}" ${endingText(run)}`);
    // What is queued begins now, or has begun.
    if (engine.progress() || runs.some(({ status }) => status === 'queued')) return;
    if (leftRunning && !currentWindow()) app.quit();
    backInWindow();
  };

  const backInWindow = (): void => {
    leftRunning = false;
    tray?.remove();
    tray = undefined;
  };

  const leaveRunning = (): void => {
    leftRunning = true;
    tray = showTray({ open: showMainWindow, quit: () => app.quit() });
    show(last);
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
    window.webContents.on('will-prevent-unload', (event) => {
      if (mayLoseRecord(window)) return event.preventDefault();
      // The window stays after all, and the question about a run is open again.
      quitting = false;
      backInWindow();
    });
  });

  app.on('window-all-closed', () => {
    if (!leftRunning && process.platform !== 'darwin') app.quit();
  });
}
