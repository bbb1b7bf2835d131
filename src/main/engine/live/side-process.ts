import { fork } from 'node:child_process';
import { AppError } from '@shared/errors';
import type { LiveAnswer } from '@shared/live/answer';
import { reviveError } from '@shared/rpc';
import { targetName } from '@shared/sweep-file';
import { endingOf } from '../jobs/worker-process';
import type { FromSide, SideFrame, SideOrder, ToSide } from './side-protocol';

export interface SideProcess {
  /** Until the runtime had loaded the file, milliseconds. */
  readonly openMs: number;
  readonly pid: number | undefined;
  /** One at a time. Throws what the classifier throws, and `live.ended` when the process is gone. */
  classify(frame: SideFrame): Promise<LiveAnswer>;
  close(): void;
}

/**
 * One side of Live in a process of its own, kept open: a native crash ends that side alone.
 * @param workerPath the built `live-worker.js`
 * @param signal ends the process while it is still loading
 * Throws what opening the model throws, `live.ended` where the process ends instead.
 */
export async function openSide(workerPath: string, order: SideOrder, signal?: AbortSignal): Promise<SideProcess> {
  const child = fork(workerPath, [], {
    serialization: 'advanced',
    // The last words of a native library go where the engine's go.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    execArgv: ['--enable-source-maps'],
    detached: process.platform !== 'win32',
  });
  let ended: AppError | undefined;
  let waiting: { resolve(said: FromSide): void; reject(error: AppError): void } | undefined;
  const end = (detail: string): void => {
    ended ??= new AppError('live.ended', { model: order.card.name, target: targetName(order.target), detail });
    waiting?.reject(ended);
    waiting = undefined;
  };
  child.on('message', (said: FromSide) => {
    const asked = waiting;
    waiting = undefined;
    if ('error' in said) asked?.reject(reviveError(said.error));
    else asked?.resolve(said);
  });
  child.on('error', (error) => end(error.message));
  child.on('close', (code, killedBy) => end(endingOf(code, killedBy)));

  const ask = (message: ToSide): Promise<FromSide> =>
    new Promise((resolve, reject) => {
      if (ended) return reject(ended);
      waiting = { resolve, reject };
      child.send(message, (error) => {
        if (error) end(error.message);
      });
    });
  const close = (): void => void child.kill('SIGKILL');
  signal?.addEventListener('abort', close, { once: true });
  try {
    if (signal?.aborted) throw new AppError('live.closed');
    const opened = await ask({ order });
    return {
      openMs: 'openMs' in opened ? opened.openMs : NaN,
      pid: child.pid,
      async classify(frame) {
        const said = await ask({ frame });
        if ('answer' in said) return said.answer;
        throw new AppError('internal', { detail: 'a side of Live answered something else' });
      },
      close,
    };
  } catch (thrown) {
    close();
    throw thrown;
  } finally {
    signal?.removeEventListener('abort', close);
  }
}
