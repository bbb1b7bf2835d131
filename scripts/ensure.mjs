import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';

/** The project folder, with a trailing separator. */
export const projectDir = fileURLToPath(new URL('..', import.meta.url));

const buildInputs = ['src', 'electron.vite.config.ts', 'package.json', 'tsconfig.json'];
const buildMarker = join(projectDir, 'out', '.built');
const lockDir = join(projectDir, '.cache');

/** Prints one line on stderr: stdout belongs to the command that was asked for. */
export const logLine = (line) => process.stderr.write(`${line}\n`);

/** Runs `npm ci` if it never finished here. npm writes `.package-lock.json` last, so its presence means "complete". */
export async function ensureInstalled() {
  const marker = join(projectDir, 'node_modules', '.package-lock.json');
  if (existsSync(marker)) return;
  await withLock(join(lockDir, 'install.lock'), async () => {
    if (existsSync(marker)) return;
    logLine('Installing the dependencies (npm ci) ...');
    // The install script of onnxruntime-node fetches CUDA libraries Whittle never loads; npm may run without them.
    const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' };
    const { code, output } = await npm(['ci', '--no-audit', '--no-fund'], { env });
    if (code !== 0) throw new Error(`npm ci failed:\n${output}`);
  });
}

/** Builds `out/` if a source is newer than the last build. The build's own output is shown only when it fails. */
export async function ensureBuilt() {
  if (isBuilt()) return;
  await withLock(join(lockDir, 'build.lock'), async () => {
    if (isBuilt()) return;
    const startedAt = new Date();
    const cli = join(projectDir, 'node_modules', 'electron-vite', 'bin', 'electron-vite.js');
    const { code, output } = await run(process.execPath, [cli, 'build', '--logLevel', 'warn']);
    if (code !== 0) throw new Error(`The build failed:\n${output}`);
    // Dated back to the start: a file saved while the build ran counts as newer than the build.
    writeFileSync(buildMarker, '');
    utimesSync(buildMarker, startedAt, startedAt);
  });
}

function isBuilt() {
  if (!existsSync(buildMarker)) return false;
  const builtAtMs = statSync(buildMarker).mtimeMs;
  return buildInputs.every((input) => newestChangeMs(join(projectDir, input)) < builtAtMs);
}

/** Folders count too: deleting or renaming a file changes only the folder's time. */
function newestChangeMs(path) {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return Infinity;
  if (!facts.isDirectory()) return facts.mtimeMs;
  return Math.max(facts.mtimeMs, ...readdirSync(path).map((name) => newestChangeMs(join(path, name))));
}

/** Starts npm through `start`, by default `run`. On Windows npm is a batch file, which only a shell can start. */
export function npm(args, { start = run, ...options } = {}) {
  const fromNpm = process.env.npm_execpath;
  if (fromNpm?.endsWith('npm-cli.js')) return start(process.execPath, [fromNpm, ...args], options);
  return start('npm', args, { ...options, shell: process.platform === 'win32' });
}

/** Runs a program in the project folder; resolves with its exit code and everything it wrote. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: projectDir, stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let output = '';
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output: output.trimEnd() }));
  });
}

/** Runs a program in the project folder on this terminal; resolves with its exit code (1 if a signal ended it). */
export function runInherited(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: projectDir, stdio: 'inherit', ...options });
    // Ctrl-C reaches the child as well: it ends in its own way, then we do.
    const stayAlive = () => {};
    process.on('SIGINT', stayAlive);
    const pass = (signal) => child.kill(signal);
    process.on('SIGTERM', pass);
    child.once('error', reject);
    child.once('close', (code) => {
      process.off('SIGINT', stayAlive);
      process.off('SIGTERM', pass);
      resolve(code ?? 1);
    });
  });
}

/** Runs a script's main function: a failure is one message without a stack, and a non-zero exit. */
export async function main(task) {
  try {
    process.exitCode = (await task()) ?? 0;
  } catch (error) {
    logLine(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  }
}
