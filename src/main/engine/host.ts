import { spawn, type ChildProcess } from 'node:child_process';
import { connect, parseState, reviveError, type Client, type Message } from '@shared/rpc';
import { AppError, toAppError } from '@shared/errors';
import type { RunProgress } from '@shared/run';
import { engineContract, type EngineContract } from '@shared/contract';
import type { ErrorReport } from '@shared/errors';
import { continueFlag, leaveMessage } from './engine-words';

export type EngineState = { state: 'starting' | 'ready' | 'restarting' | 'failed'; detail?: string };

export interface HostOptions {
  /** A plain Node binary: never the Electron one, in which native modules of the engine crash. */
  nodePath: string;
  enginePath: string;
  environment: NodeJS.ProcessEnv;
  onState(state: EngineState): void;
  onSignal(name: string, state: unknown): void;
}

/** Crashes in a row, without a minute of health or a finished step between them, after which restarting would only repeat them. */
const crashLimit = 8;
const healthyAfterMs = 60_000;

/**
 * Keeps an engine process alive: starts it, restarts it when it dies, forwards requests to it. The run that was under
 * way continues in the new process.
 */
export class EngineHost {
  private child: ChildProcess | undefined;
  private failure: AppError | undefined;
  private client: Client<EngineContract> | undefined;
  private ready: Promise<void> = Promise.resolve();
  private crashes = 0;
  /** Most steps of a run that were finished so far. */
  private furthest = { run: '', done: 0 };
  private stopping = false;
  /** Last state of each signal, for windows opened later. */
  readonly signals = new Map<string, unknown>();

  private environment: NodeJS.ProcessEnv;

  constructor(private readonly options: HostOptions) {
    this.environment = options.environment;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  start(): void {
    this.launch([]);
  }

  /** Waits for a starting engine. @throws what the engine throws, `engine.gone` */
  async request(
    name: string,
    input: unknown,
    options: Parameters<Client<EngineContract>['request']>[2] = {},
  ): Promise<unknown> {
    await this.ready;
    if (!this.client) throw new AppError('engine.gone');
    return this.client.request(name, input, options);
  }

  /** Ends the engine, if there is one, and starts another with this environment. @throws what keeps that one from starting */
  async restart(environment: NodeJS.ProcessEnv): Promise<void> {
    const old = this.child;
    this.child = undefined;
    this.client?.close(new AppError('engine.gone'));
    if (old && old.exitCode === null && old.signalCode === null) {
      // Not "close": a channel that this side left is never reported closed.
      const ended = new Promise((resolve) => old.once('exit', resolve));
      old.disconnect();
      await ended;
    }
    const told = [...this.signals.keys()];
    this.signals.clear();
    for (const name of told) this.options.onSignal(name, null);
    this.crashes = 0;
    this.environment = environment;
    this.launch([]);
    await this.ready;
    if (this.failure) throw this.failure;
  }

  /** A person quits: what is under way is interrupted until that person continues it. */
  stop(): void {
    this.stopping = true;
    const { child } = this;
    if (child?.connected) child.send(leaveMessage, () => child.connected && child.disconnect());
  }

  private launch(args: string[]): void {
    const startedAt = Date.now();
    const { nodePath, enginePath, onState } = this.options;
    onState({ state: args.length > 0 ? 'restarting' : 'starting' });
    const child = spawn(nodePath, ['--enable-source-maps', enginePath, ...args], {
      env: this.environment,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
    const client = connect(engineContract, {
      send: (message) => {
        if (child.connected) child.send(message);
      },
      onMessage: (listener) => void child.on('message', (message) => listener(message as Message)),
    });
    this.child = child;
    this.client = client;
    this.failure = undefined;
    this.ready = new Promise((resolve) => {
      client.onSignal((name, state) => {
        if (name === 'ready') {
          onState({ state: 'ready' });
          resolve();
        } else if (name === 'waiting') {
          onState({ state: 'restarting', detail: reviveError(state as ErrorReport).message });
        } else if (name === 'failed') {
          this.failure = reviveError(state as ErrorReport);
        } else {
          const known = parseState(engineContract, name, state);
          if (known === undefined) return;
          this.signals.set(name, known);
          if (name === 'run.progress') this.noteProgress(known as RunProgress | null);
          this.options.onSignal(name, known);
        }
      });
      child.once('error', (error) => (this.failure = toAppError(error)));
      child.once('close', () => {
        client.close(new AppError('engine.gone'));
        resolve();
      });
    });
    child.once('close', () => {
      if (this.child === child) this.afterEnd(startedAt);
    });
  }

  /** An engine that finishes steps between its crashes gets somewhere. */
  private noteProgress(progress: RunProgress | null): void {
    if (!progress) return;
    const { run, done } = progress;
    if (run === this.furthest.run && done > this.furthest.done) this.crashes = 0;
    if (run !== this.furthest.run || done > this.furthest.done) this.furthest = { run, done };
  }

  private afterEnd(startedAt: number): void {
    const failure = this.failure?.message;
    this.client = undefined;
    if (this.stopping) return;
    this.crashes = Date.now() - startedAt > healthyAfterMs ? 1 : this.crashes + 1;
    if (failure !== undefined || this.crashes > crashLimit) {
      this.options.onState({ state: 'failed', detail: failure ?? 'it ended unexpectedly several times in a row' });
      return;
    }
    this.launch([continueFlag]);
  }
}
