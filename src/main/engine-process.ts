import { app } from 'electron';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RunProgress } from '@shared/run';
import { EngineHost, type EngineState } from './engine/host';

/** The engine as the rest of the main process sees it. */
export interface EngineAccess {
  host: EngineHost;
  state(): EngineState;
  /** The run under way, if any. */
  progress(): RunProgress | null;
  onState(listener: (state: EngineState) => void): void;
  onSignal(listener: (name: string, state: unknown) => void): void;
}

export function startEngine(): EngineAccess {
  let state: EngineState = { state: 'starting' };
  const stateListeners: ((state: EngineState) => void)[] = [];
  const signalListeners: ((name: string, state: unknown) => void)[] = [];
  const setState = (next: EngineState): void => {
    state = next;
    for (const listener of stateListeners) listener(next);
  };
  const nodePath = findNode(process.env, process.resourcesPath, process.platform);
  const host = new EngineHost({
    nodePath: nodePath ?? 'node',
    enginePath: fileURLToPath(new URL('./engine.js', import.meta.url)),
    environment: { ...process.env, ...(app.isPackaged ? { WHITTLE_RESOURCES: process.resourcesPath } : {}) },
    onState: setState,
    onSignal: (name, value) => {
      for (const listener of signalListeners) listener(name, value);
    },
  });
  if (nodePath) host.start();
  else
    setState({ state: 'failed', detail: 'no Node runtime was found; install Node 20 or set WHITTLE_NODE to its path' });
  app.on('will-quit', () => host.stop());
  return {
    host,
    state: () => state,
    progress: () => (host.signals.get('run.progress') as RunProgress | null | undefined) ?? null,
    onState: (listener) => stateListeners.push(listener),
    onSignal: (listener) => signalListeners.push(listener),
  };
}

/** Plain Node for the engine: the one named, the one shipped with the application, the one npm runs with, or one on the PATH. */
export function findNode(
  environment: NodeJS.ProcessEnv,
  resourcesPath: string | undefined,
  platform: NodeJS.Platform,
): string | undefined {
  const name = platform === 'win32' ? 'node.exe' : 'node';
  const candidates = [
    environment.WHITTLE_NODE,
    resourcesPath && join(resourcesPath, 'node', name),
    environment.npm_node_execpath,
    ...(environment.PATH ?? '').split(delimiter).map((folder) => join(folder, name)),
  ];
  return candidates.find((path) => path && existsSync(path)) || undefined;
}
