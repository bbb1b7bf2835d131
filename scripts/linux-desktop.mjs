import { spawn } from 'node:child_process';
import { run } from './ensure.mjs';
import { installLine } from './system-packages.mjs';

const isLinux = process.platform === 'linux';

const hasDisplay = () => Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);

/** Throws if this Linux session has no screen to open a window on. */
export function checkDisplay() {
  if (isLinux && !hasDisplay()) {
    throw new Error(
      'There is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set): run npm start in a desktop session, or xvfb-run -a npm start.',
    );
  }
}

/** Throws if shared libraries are missing that the Electron executable was linked with. */
export async function checkLibraries(executable) {
  if (!isLinux) return;
  const { output } = await run('ldd', [executable]).catch(() => ({ output: '' }));
  const missing = [...output.matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1]);
  if (missing.length === 0) return;
  throw new Error(
    `Electron needs shared libraries this machine lacks: ${missing.join(', ')}.\n` +
      `On Debian and Ubuntu: ${installLine()}`,
  );
}

/**
 * A screen for tests: the session's own, or a new invisible one. Call `close` when done.
 * @returns {Promise<{ display: string | undefined, close: () => void }>}
 */
async function openDisplay() {
  if (!isLinux || hasDisplay()) return { display: process.env.DISPLAY, close: () => {} };
  // Xvfb picks a free number itself and reports it on descriptor 3 once it accepts connections.
  const args = ['-displayfd', '3', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp'];
  const server = spawn('Xvfb', args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  let complaint = '';
  server.stderr.on('data', (chunk) => (complaint += chunk));
  const number = await new Promise((resolve, reject) => {
    server.stdio[3].once('data', (chunk) => resolve(String(chunk).trim()));
    server.once('error', () =>
      reject(new Error('There is no screen here and no Xvfb to make one: apt-get install xvfb xauth')),
    );
    server.once('exit', (code) => reject(new Error(`Xvfb ended with code ${code}: ${complaint.trim()}`)));
  });
  const close = () => server.kill();
  process.once('exit', close);
  return { display: `:${number}`, close };
}

/** So many screens, for tests that run side by side: a clipboard and a focus each. One, where the session has its own. */
export async function openScreens(count) {
  const first = await openDisplay();
  if (!isLinux || hasDisplay()) return [first];
  return [first, ...(await Promise.all(Array.from({ length: count - 1 }, openDisplay)))];
}
