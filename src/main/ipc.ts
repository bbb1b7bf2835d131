import { ipcMain, type IpcMainEvent, type IpcMainInvokeEvent } from 'electron';
import { z } from 'zod';
import { AppError, toAppError } from '@shared/errors';
import type { Settings } from '@shared/settings';
import { windowOrigin } from './app-protocol';
import type { EngineAccess } from './engine-process';
import { initLivePort } from './live-port';
import { checkRuntimesFolder } from './runtimes-folder';
import { shellHandlers } from './shell-handlers';
import { currentWindow } from './window';
import { windowListens } from './window-commands';
import { windowRequest } from './window-request';

const callSchema = z.tuple([z.string().max(100), z.unknown()]);
const jobSchema = z.tuple([z.string().max(100), z.unknown(), z.string().max(100)]);
type Answer = { ok: true; value: unknown } | { ok: false; error: { code: string; facts: Record<string, unknown> } };

/** Everything the window may ask for passes here: the sender is checked, the input validated, errors become code and facts. */
export function initIpc(engine: EngineAccess): void {
  const dropped = new Set<string>();
  const chosen = new Set<string>();
  const shell = shellHandlers(engine, dropped, chosen);
  /** A request of the window, checked. */
  const checked = async (name: string, given: unknown): Promise<ReturnType<typeof windowRequest>> => {
    const request = windowRequest(name, given);
    if (name === 'settings.set')
      await checkRuntimesFolder(
        request.input as Partial<Settings>,
        chosen,
        () => engine.host.request('settings.get', undefined) as Promise<Settings>,
      );
    return request;
  };
  const jobs = new Map<string, AbortController>();

  ipcMain.handle('whittle:call', (event, ...args) =>
    answer(event, async () => {
      const [name, given] = callSchema.parse(args);
      const { to, input } = await checked(name, given);
      if (to === 'engine') return engine.host.request(name, input);
      return (shell as Record<string, (input: unknown) => unknown>)[name]!(input);
    }),
  );
  ipcMain.handle('whittle:job', (event, ...args) =>
    answer(event, async () => {
      const [name, given, id] = jobSchema.parse(args);
      const { to, input } = await checked(name, given);
      if (to === 'shell') throw new AppError('ipc.invalid', { endpoint: name, detail: 'it is not a job' });
      const abort = new AbortController();
      jobs.set(id, abort);
      const onProgress = (progress: unknown): void => event.sender.send('whittle:progress', id, progress);
      return engine.host.request(name, input, { signal: abort.signal, onProgress }).finally(() => jobs.delete(id));
    }),
  );
  ipcMain.on('whittle:cancel', (event, id) => {
    if (isOurs(event)) jobs.get(String(id))?.abort();
  });
  ipcMain.on('whittle:dropped', (event, path) => {
    if (isOurs(event)) dropped.add(String(path));
  });
  ipcMain.on('whittle:hello', (event) => {
    if (!isOurs(event)) return;
    event.sender.send('whittle:signal', 'shell.engine', engine.state());
    event.sender.send('whittle:signal', 'shell.results', { folder: engine.results() });
    for (const [name, state] of engine.host.signals) event.sender.send('whittle:signal', name, state);
    windowListens(event.sender);
  });

  initLivePort(engine, isOurs);

  const announce = (name: string, state: unknown): void =>
    currentWindow()?.webContents.send('whittle:signal', name, state);
  engine.onSignal(announce);
  engine.onState((state) => announce('shell.engine', state));
  engine.onResults((folder) => announce('shell.results', { folder }));
}

async function answer(event: IpcMainInvokeEvent, act: () => Promise<unknown>): Promise<Answer> {
  try {
    if (!isOurs(event)) throw new AppError('ipc.invalid', { endpoint: 'any', detail: 'unknown sender' });
    return { ok: true, value: await act() };
  } catch (thrown) {
    return { ok: false, error: toAppError(thrown).toReport() };
  }
}

/** Only the main frame of our own window, showing our own page. */
function isOurs(event: IpcMainEvent | IpcMainInvokeEvent): boolean {
  const window = currentWindow();
  const frame = event.senderFrame;
  if (!window || !frame || event.sender !== window.webContents || frame !== window.webContents.mainFrame) return false;
  return frame.url === windowOrigin || frame.url.startsWith(`${windowOrigin}/`);
}
