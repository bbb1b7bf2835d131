import { AppError, isErrorCode, withoutCommands } from '@shared/errors';
import type { InputOf, OutputOf } from '@shared/endpoints';
import type { LiveReply, LiveRequest, WindowContract } from '@shared/shell-contract';

type LiveName = LiveRequest['name'];

/** Live's own way to the engine. Bytes go as bytes; when it is closed, the session ends. */
export interface LiveClient {
  call<N extends LiveName>(name: N, input: InputOf<WindowContract[N]>): Promise<OutputOf<WindowContract[N]>>;
}

/**
 * @param signal closes it, at once or later
 * @throws AppError whose message is the sentence to show, from each call
 */
export async function openLiveClient(signal: AbortSignal): Promise<LiveClient> {
  const port = await livePort();
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: AppError): void }>();
  let nextId = 0;
  let isClosed = false;
  const end = (error: AppError): void => {
    isClosed = true;
    for (const call of waiting.values()) call.reject(error);
    waiting.clear();
  };
  port.onmessage = ({ data }: MessageEvent<LiveReply>) => {
    const call = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.ok) call?.resolve(data.value);
    else call?.reject(revived(data.error));
  };
  const close = (): void => {
    port.close();
    end(new AppError('live.closed'));
  };
  if (signal.aborted) close();
  signal.addEventListener('abort', close, { once: true });
  return {
    call: (name, input) =>
      new Promise<never>((resolve, reject) => {
        if (isClosed) return reject(new AppError('live.closed'));
        const id = nextId++;
        waiting.set(id, { resolve, reject });
        port.postMessage({ id, name, input } satisfies LiveRequest);
      }),
  };
}

/** The port that was asked for last: one at a time, so that everybody gets their own. */
let lastPort: Promise<unknown> = Promise.resolve();

/** The preload script answers with a port in a message; only messages of this very window count. */
function livePort(): Promise<MessagePort> {
  const port = lastPort.then(nextPort);
  lastPort = port;
  return port;
}

function nextPort(): Promise<MessagePort> {
  return new Promise((resolve) => {
    const take = ({ source, data, ports: [port] }: MessageEvent): void => {
      if (source !== window || data !== 'whittle:live' || !port) return;
      window.removeEventListener('message', take);
      resolve(port);
    };
    window.addEventListener('message', take);
    window.whittle.openLive();
  });
}

function revived({ code, facts }: Extract<LiveReply, { ok: false }>['error']): AppError {
  const error = isErrorCode(code) ? new AppError(code, facts) : new AppError('internal', { detail: code });
  error.message = withoutCommands(error.message);
  return error;
}
