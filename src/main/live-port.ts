import { ipcMain, type IpcMainEvent, type MessagePortMain } from 'electron';
import type { EngineContract } from '@shared/contract';
import type { InputOf } from '@shared/endpoints';
import { AppError, toAppError } from '@shared/errors';
import { liveRequestSchema, type LiveReply } from '@shared/shell-contract';
import type { EngineAccess } from './engine-process';
import { windowRequest } from './window-request';

/**
 * The way of Live's frames: a message port of its own between the page and this process. The sender is checked where the port comes in, and
 * each message by its endpoint. Bytes travel as bytes, but copied: a port to the main process loses what is transferred (electron#34905).
 * When the page or the view is gone, so is its session.
 */
export function initLivePort(engine: EngineAccess, isOurs: (event: IpcMainEvent) => boolean): void {
  ipcMain.on('whittle:live', (event) => {
    const [port] = event.ports;
    if (!port) return;
    if (!isOurs(event)) return port.close();
    serveLive(port, (name, input) => engine.host.request(name, input));
  });
}

function serveLive(port: MessagePortMain, ask: (name: string, input: unknown) => Promise<unknown>): void {
  let session: string | undefined;
  let isClosed = false;
  const close = (id: string): void => void ask('live.close', { session: id }).catch(() => undefined);
  port.on('message', ({ data }) => {
    void answer(data, (name, input) => {
      // Known from here on, so that one that is still opening can be closed.
      if (name === 'live.open') ({ session } = input as InputOf<EngineContract['live.open']>);
      return ask(name, input);
    }).then((reply) => {
      if (!isClosed) port.postMessage(reply);
    });
  });
  port.on('close', () => {
    isClosed = true;
    if (session !== undefined) close(session);
  });
  port.start();
}

async function answer(data: unknown, ask: (name: string, input: unknown) => Promise<unknown>): Promise<LiveReply> {
  const request = liveRequestSchema.safeParse(data);
  const id = request.data?.id ?? -1;
  try {
    if (!request.success) throw new AppError('ipc.invalid', { endpoint: 'live', detail: 'no call of Live' });
    const { name, input } = windowRequest(request.data.name, request.data.input);
    return { id, ok: true, value: await ask(name, input) };
  } catch (thrown) {
    return { id, ok: false, error: toAppError(thrown).toReport() };
  }
}
