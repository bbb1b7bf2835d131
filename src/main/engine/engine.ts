import { engineContract, type EngineContract } from '@shared/contract';
import { serve, type Channel, type Message, type Server } from '@shared/rpc';
import { toAppError } from '@shared/errors';
import type { RunProgress, TrialView } from '@shared/run';
import type { SearchState } from '@shared/search-state';
import { announceCorals } from './coral-status';
import { createEngine, type Engine } from './create-engine';
import { continueFlag, leaveMessage } from './engine-words';
import { leastRoomBytes, waitForRoom } from './files/room-on-disk';
import { handlersOf } from './handlers';
import { announceMachines } from './announce-machines';
import { keepWithinBudget } from './keep-within-budget';
import type { InterruptedRun } from './store/run-records';
import { homeFolder } from './files/home-folder';
import { throttle } from './throttle';

/**
 * Entry of the engine process: serves the contract to its parent over the process channel. Ends with its parent.
 * The run that was under way when the process before died goes on; so does the queue. `--continue`: this is a restart after a crash.
 */
const channel: Channel = {
  send: (message) => {
    if (process.connected) process.send!(message);
  },
  onMessage: (listener) => void process.on('message', (message) => listener(message as Message)),
};

let engine: Engine | undefined;
/** The parent says so before it leaves for good: the run is to wait for a person then. */
let isLeft = false;
process.on('message', (message) => {
  if (message === leaveMessage) isLeft = true;
});
process.once('disconnect', () => {
  if (isLeft) {
    engine?.searches.leave();
    engine?.runs.leave();
  }
  process.exit(0);
});

let server: Server<EngineContract> | undefined;
const emitProgress = throttle(100, (state: Parameters<Server<EngineContract>['emit']>[1]) =>
  server?.emit('run.progress', state as never),
);

try {
  const own = process.env.WHITTLE_WORKSPACE === undefined;
  const options = {
    workspace: process.env.WHITTLE_WORKSPACE,
    runFile: process.env.WHITTLE_RUN_FILE,
    settingsFolder: homeFolder(),
    events: {
      progress: (progress: RunProgress | null) => {
        emitProgress(progress);
        if (progress === null && engine) void keepWithinBudget(engine);
      },
      trial: (run: string, trial: TrialView) => server?.emit('run.trial', { run, trial }),
      search: (state: SearchState) => server?.emit('search.state', state),
    },
  };
  engine = await onceThereIsRoom(() => createEngine(options));
  const liveWaits = (isWaiting: boolean): void => server?.emit('live.waiting', isWaiting);
  server = serve(engineContract, handlersOf(engine, { liveWaits }), channel);
  const interrupted = engine.runs.recover();
  // Results of others are looked at; nobody asked for what was under way there.
  const isFile = process.env.WHITTLE_RUN_FILE !== undefined;
  if (!isFile) {
    engine.searches.watch();
    engine.queue.watch();
  }
  process.send?.({ type: 'signal', name: 'ready', state: null });
  void announceCorals((status) => server?.emit('coral.status', status));
  void announceMachines(engine.machinesDesk, (status) => server?.emit('machines.status', status));
  void engine.machinesDesk.open();
  if (!isFile && (own || process.argv.includes(continueFlag))) {
    await goOn(engine, interrupted);
    engine.searches.announce();
  }
  if (engine.turn.isFree) {
    // Whoever saw the process before believes that something is under way.
    emitProgress(null);
    await keepWithinBudget(engine);
  }
} catch (thrown) {
  process.send?.({ type: 'signal', name: 'failed', state: toAppError(thrown).toReport() }, undefined, undefined, () =>
    process.exit(1),
  );
}

/** A full disk is waited for: a run that it ended is to go on in the night. Throws what else `act` throws. */
async function onceThereIsRoom<T>(act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code !== 'output.disk-full') throw thrown;
      process.send?.({ type: 'signal', name: 'waiting', state: error.toReport() });
      await waitForRoom(String(error.facts.path), leastRoomBytes, new AbortController().signal);
    }
  }
}

/** Takes up what was under way; what cannot go on, since a model is gone, say, stays interrupted for a person to see. */
async function goOn({ queue, searches, workspace }: Engine, [interrupted]: readonly InterruptedRun[]): Promise<void> {
  // A search takes up its own runs.
  const isOfSearch =
    interrupted && searches.isWanted && workspace.runs.find(interrupted.id)?.sweep.dataset.part !== undefined;
  if (interrupted && !isOfSearch) {
    try {
      await queue.resume(interrupted.id, { asItWas: interrupted });
      return;
    } catch (thrown) {
      // Somebody was faster and started another: then this one is next.
      if (toAppError(thrown).code === 'store.busy') workspace.runs.setRunStatus(interrupted.id, 'queued');
    }
  }
  searches.next();
  if (interrupted || process.argv.includes(continueFlag)) await queue.next();
}
