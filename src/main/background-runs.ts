import { app, dialog, Notification, powerSaveBlocker } from 'electron';
import { sentenceFor, withoutCommands } from '@shared/errors';
import { endingText } from '@shared/presenter/run-ending';
import type { RunSummary } from '@shared/run';
import type { SearchState } from '@shared/search-state';
import { desktopProgress } from './desktop-progress';
import type { EngineAccess } from './engine-process';
import { showTray, type RunTray } from './tray';
import { mayLoseRecord } from './unsaved-record';
import { currentWindow, showMainWindow } from './window';
import { needsMachine, type WorkUnderWay } from './work-under-way';

const words = {
  sweep: {
    running: 'A sweep is running.',
    kept: 'the finished steps are kept and the sweep can be resumed',
    left: 'The sweep goes on without a window.',
  },
  search: {
    running: 'A search is running.',
    kept: 'every trial is kept and the search, with those that wait behind it, can be continued',
    left: 'The search goes on without a window.',
  },
};

/**
 * What a run or search that lasts a night needs from the desktop: the machine stays awake, taskbar and dock show how far it is, closing the window
 * asks once and may leave it going, with an icon in the tray as the way back, and its end is announced, as is a full disk. The answer holds for
 * that one closing.
 */
export function keepRunsAlive(engine: EngineAccess): void {
  let blocker: number | undefined;
  let leftRunning = false;
  let tray: RunTray | undefined;
  let last: WorkUnderWay | null = null;
  let quitting = false;

  engine.onSignal((name) => {
    if (name !== 'run.progress' && name !== 'search.state') return;
    const work = engine.work();
    const isNeeded = needsMachine(work);
    if (isNeeded && blocker === undefined) blocker = powerSaveBlocker.start('prevent-app-suspension');
    if (!isNeeded && blocker !== undefined) {
      powerSaveBlocker.stop(blocker);
      blocker = undefined;
    }
    show(work);
    if (work?.run?.waitsFor && !last?.run?.waitsFor)
      say(`The disk is full. The ${work.kind} goes on by itself when there is room.`);
    if (last && !work) void ended(last);
    last = work;
  });

  const show = (work: WorkUnderWay | null): void => {
    const { fraction, mode, text } = desktopProgress(work, Date.now());
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

  const ended = async (work: WorkUnderWay): Promise<void> => {
    const search = engine.host.signals.get('search.state') as SearchState | null | undefined;
    const runs = (await engine.host.request('runs.list', undefined).catch(() => [])) as RunSummary[];
    const text = work.kind === 'search' ? searchEnding(search) : runEnding(runs, work.run.run);
    if (text && !currentWindow()?.isFocused()) say(text);
    // What waits begins now, or has begun.
    if (engine.work() || runs.some(({ status }) => status === 'queued' || status === 'running')) return;
    if (leftRunning && !currentWindow()) quit();
    backInWindow();
  };

  const quit = (): void => {
    quitting = true;
    app.quit();
  };

  const backInWindow = (): void => {
    leftRunning = false;
    tray?.remove();
    tray = undefined;
  };

  const leaveRunning = ({ kind }: WorkUnderWay): void => {
    leftRunning = true;
    tray = showTray({ open: showMainWindow, quit });
    show(last);
    say(`${words[kind].left} Start Whittle again, or use its icon in the tray, to see it.`);
  };

  app.on('browser-window-created', (_event, window) => {
    // The hidden one that prints is not a way back.
    window.once('show', () => {
      if (window === currentWindow()) backInWindow();
    });
    window.on('close', (event) => {
      const work = engine.work();
      if (quitting || window !== currentWindow() || !work) return;
      const { running, kept } = words[work.kind];
      const choice = dialog.showMessageBoxSync(window, {
        type: 'question',
        message: running,
        detail: `It can go on in the background: start Whittle again, or use its icon in the tray, to see it. If you quit, ${kept}.`,
        buttons: ['Keep running', 'Quit', 'Cancel'],
        defaultId: 0,
        cancelId: 2,
      });
      if (choice === 1) return quit();
      // Also where the application was to quit: it stays, and only the window goes.
      event.preventDefault();
      if (choice !== 0) return;
      leaveRunning(work);
      setImmediate(() => window.destroy());
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

/** "The sweep "night" was interrupted: 12 of 33 trials done." */
function runEnding(runs: readonly RunSummary[], id: string): string | undefined {
  const run = runs.find((one) => one.id === id);
  return run && `The sweep "${run.name}" ${endingText(run)}`;
}

/** Undefined for a search that only waits for another process to end. */
function searchEnding(search: SearchState | null | undefined): string | undefined {
  const ended = search?.stage === 'waiting' ? undefined : search?.ended.at(-1);
  if (!ended) return undefined;
  const { name, problem } = ended;
  return `The search "${name}" ${problem ? `ended. ${withoutCommands(sentenceFor(problem))}` : 'has its answer, measured anew.'}`;
}
