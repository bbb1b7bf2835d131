import { onScopeDispose, readonly, shallowRef, getCurrentScope, type ShallowRef } from 'vue';
import type { InputOf, JobName, OutputOf, RpcName, SignalName, StateOf } from '@shared/endpoints';
import type { WindowBridge, WindowContract } from '@shared/shell-contract';
import type { Progress } from '@shared/run';
import { AppError, isErrorCode, withoutCommands } from '@shared/errors';

declare global {
  interface Window {
    whittle: WindowBridge;
  }
}

type Contract = WindowContract;
type Answer = Awaited<ReturnType<WindowBridge['call']>>;
/** Endpoints without input are called with the name alone. */
type Arguments<I> = [I] extends [void] ? [] : [input: I];

export interface JobOptions {
  onProgress?: (progress: Progress) => void;
  signal?: AbortSignal;
}

/** Asks the engine or the shell. @throws AppError whose message is the sentence to show. */
export async function call<N extends RpcName<Contract>>(
  name: N,
  ...input: Arguments<InputOf<Contract[N]>>
): Promise<OutputOf<Contract[N]>> {
  return unwrap(await window.whittle.call(name, plain(input[0]))) as OutputOf<Contract[N]>;
}

/** Runs a job: progress packets while it works, and the answer. Aborting the signal cancels it (AppError `cancelled`). */
export async function runJob<N extends JobName<Contract>>(
  name: N,
  input: InputOf<Contract[N]>,
  { onProgress, signal }: JobOptions = {},
): Promise<OutputOf<Contract[N]>> {
  if (signal?.aborted) throw new AppError('cancelled');
  const id = crypto.randomUUID();
  const cancel = (): void => window.whittle.cancelJob(id);
  const stopListening = window.whittle.onProgress((job, progress) => {
    if (job === id) onProgress?.(progress as Progress);
  });
  signal?.addEventListener('abort', cancel, { once: true });
  try {
    return unwrap(await window.whittle.startJob(name, plain(input), id)) as OutputOf<Contract[N]>;
  } finally {
    signal?.removeEventListener('abort', cancel);
    stopListening();
  }
}

type SignalListener = (state: unknown) => void;
const states = new Map<string, unknown>();
const listeners = new Map<string, Set<SignalListener>>();
let listening = false;

/** One subscription for the whole window: a view that opens late still gets the last state. */
function listenOnce(): void {
  if (listening) return;
  listening = true;
  window.whittle.onSignal((name, state) => {
    states.set(name, state);
    listeners.get(name)?.forEach((listener) => listener(state));
  });
}

/** Calls `listener` for every state of the signal from now on. Returns the function that stops it. */
export function onSignal<N extends SignalName<Contract>>(
  name: N,
  listener: (state: StateOf<Contract[N]>) => void,
): () => void {
  listenOnce();
  const set = listeners.get(name) ?? new Set<SignalListener>();
  listeners.set(name, set.add(listener as SignalListener));
  return () => set.delete(listener as SignalListener);
}

/** The current state of a signal, `undefined` until the first one arrives. Stops listening with its scope. */
export function useSignal<N extends SignalName<Contract>>(
  name: N,
): Readonly<ShallowRef<StateOf<Contract[N]> | undefined>> {
  listenOnce();
  const state = shallowRef(states.get(name) as StateOf<Contract[N]> | undefined);
  const stop = onSignal(name, (value) => (state.value = value));
  if (getCurrentScope()) onScopeDispose(stop);
  return readonly(state) as Readonly<ShallowRef<StateOf<Contract[N]> | undefined>>;
}

/** The path of a file dropped on the window; empty when the system gives none. */
export function pathOf(file: File): string {
  return window.whittle.pathOf(file);
}

function unwrap(answer: Answer): unknown {
  if (answer.ok) return answer.value;
  const { code, facts } = answer.error;
  const error = isErrorCode(code) ? new AppError(code, facts) : new AppError('internal', { detail: code });
  error.message = withoutCommands(error.message);
  throw error;
}

/** Reactive proxies cannot be cloned across processes; every input is plain data. */
function plain(input: unknown): unknown {
  return input === undefined ? undefined : (JSON.parse(JSON.stringify(input)) as unknown);
}
