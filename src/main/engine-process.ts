import { app } from 'electron';
import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EngineInfo } from '@shared/contract';
import { AppError } from '@shared/errors';
import type { RunProgress } from '@shared/run';
import type { SearchState } from '@shared/search-state';
import { EngineHost, type EngineState } from './engine/host';
import { workUnderWay, type WorkUnderWay } from './work-under-way';

/** The engine as the rest of the main process sees it. */
export interface EngineAccess {
  host: EngineHost;
  state(): EngineState;
  /** The run or search under way, if any. */
  work(): WorkUnderWay | null;
  /** The folder or JSON report whose results are shown, or null: the person's own. */
  results(): string | null;
  /** Shows the results in a folder or a JSON report, or (null) the person's own again. @throws `results.not-found`, `results.busy`, what the engine throws */
  openResults(path: string | null): Promise<void>;
  onResults(listener: (path: string | null) => void): void;
  onState(listener: (state: EngineState) => void): void;
  onSignal(listener: (name: string, state: unknown) => void): void;
}

/** @param firstResults a folder or file of results to begin with, in place of the person's own */
export function startEngine(firstResults?: string): EngineAccess {
  let results: string | null = null;
  let ownFolder: string | undefined;
  const resultsListeners: ((path: string | null) => void)[] = [];
  let state: EngineState = { state: 'starting' };
  const stateListeners: ((state: EngineState) => void)[] = [];
  const signalListeners: ((name: string, state: unknown) => void)[] = [];
  const setState = (next: EngineState): void => {
    state = next;
    for (const listener of stateListeners) listener(next);
  };
  const nodePath = findNode(process.env, process.resourcesPath, process.platform);
  const environment = { ...process.env, ...(app.isPackaged ? { WHITTLE_RESOURCES: process.resourcesPath } : {}) };
  const host = new EngineHost({
    nodePath: nodePath ?? 'node',
    enginePath: outsideArchive(fileURLToPath(new URL('./engine.js', import.meta.url))),
    environment,
    onState: setState,
    onSignal: (name, value) => {
      for (const listener of signalListeners) listener(name, value);
    },
  });
  // Of an engine that is not there any more, nothing is under way.
  const told = (name: string): unknown => (state.state === 'failed' ? null : (host.signals.get(name) ?? null));
  const work = (): WorkUnderWay | null =>
    workUnderWay(told('run.progress') as RunProgress | null, told('search.state') as SearchState | null);

  const show = async (path: string | null): Promise<void> => {
    const place = path === null ? {} : isRunFile(path) ? { WHITTLE_RUN_FILE: path } : { WHITTLE_WORKSPACE: path };
    await host.restart({ ...environment, ...place });
    results = path;
    for (const listener of resultsListeners) listener(path);
  };

  async function openResults(wanted: string | null): Promise<void> {
    const path = wanted === null ? null : resolve(wanted);
    if (path !== null && !isRunFile(path) && !existsSync(join(path, 'whittle.db')))
      throw new AppError('results.not-found', { path });
    if (work()) throw new AppError('results.busy');
    if (results === null && host.pid !== undefined)
      ownFolder = ((await host.request('engine.info', undefined)) as EngineInfo).workspace;
    const next = path === ownFolder ? null : path;
    if (next === results && host.pid !== undefined) return;
    try {
      await show(next);
    } catch (thrown) {
      // What cannot be opened must not take away what was there.
      await show(null);
      throw thrown;
    }
  }

  if (nodePath && firstResults === undefined) host.start();
  else if (!nodePath)
    setState({ state: 'failed', detail: 'no Node runtime was found; install Node 20 or set WHITTLE_NODE to its path' });
  app.on('will-quit', () => host.stop());
  return {
    host,
    state: () => state,
    work,
    results: () => results,
    openResults,
    onResults: (listener) => resultsListeners.push(listener),
    onState: (listener) => stateListeners.push(listener),
    onSignal: (listener) => signalListeners.push(listener),
  };
}

/** Where a file of the packaged application lies that must not be in its archive: plain Node reads none. */
function outsideArchive(path: string): string {
  return path.replace(/([\\/]app\.asar)(?=[\\/])/, '$1.unpacked');
}
/** A JSON report in place of a folder; the engine looks at the content. */
const isRunFile = (path: string): boolean => /\.json$/i.test(path) && existsSync(path);

/** Plain Node for the engine: the one named, the one shipped with the application, the one npm runs with, or one on the PATH. */
function findNode(
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
