import { spawn } from 'node:child_process';

/** Ends with its parent, however that ends: between two stretches it hears that the channel is closed. */
const loop = `
process.once('disconnect', () => process.exit());
(function spin() {
  const end = Date.now() + 50;
  while (Date.now() < end);
  setImmediate(spin);
})();
`;

/** Keeps one processor busy until it is stopped. */
export function startBusyLoop(): { stop(): void } {
  const child = spawn(process.execPath, ['-e', loop], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  return { stop: () => child.kill('SIGKILL') };
}
