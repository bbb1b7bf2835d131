import { engineContract, type EngineContract } from '@shared/contract';
import { serve, type Channel, type Message, type Server } from '@shared/rpc';
import { toAppError } from '@shared/errors';
import { createEngine, type Engine } from './create-engine';
import { handlersOf } from './handlers';
import { keepWithinBudget } from './keep-within-budget';
import { defaultWorkspaceFolder } from './store/workspace';
import { throttle } from './throttle';

/**
 * Entry of the engine process: serves the contract to its parent over the process channel. Ends with its parent.
 * `--continue` (a restart after a crash) takes up the run that was under way.
 */
const channel: Channel = {
  send: (message) => {
    if (process.connected) process.send!(message);
  },
  onMessage: (listener) => void process.on('message', (message) => listener(message as Message)),
};

process.once('disconnect', () => process.exit(0));

let server: Server<EngineContract> | undefined;
const emitProgress = throttle(100, (state: Parameters<Server<EngineContract>['emit']>[1]) =>
  server?.emit('run.progress', state as never),
);

try {
  const engine: Engine = await createEngine({
    workspace: process.env.WHITTLE_WORKSPACE,
    runFile: process.env.WHITTLE_RUN_FILE,
    settingsFolder: defaultWorkspaceFolder(),
    events: {
      progress: (progress) => {
        emitProgress(progress);
        if (progress === null) void keepWithinBudget(engine);
      },
      trial: (run, trial) => server?.emit('run.trial', { run, trial }),
    },
  });
  const handlers = handlersOf(engine);
  server = serve(engineContract, handlers, channel);
  const interrupted = engine.runs.recover();
  process.send?.({ type: 'signal', name: 'ready', state: null });
  if (process.argv.includes('--continue') && interrupted[0]) {
    await handlers['runs.resume']({ run: interrupted[0] });
  } else {
    await keepWithinBudget(engine);
  }
} catch (thrown) {
  process.send?.({ type: 'signal', name: 'failed', state: toAppError(thrown).toReport() }, undefined, undefined, () =>
    process.exit(1),
  );
}
