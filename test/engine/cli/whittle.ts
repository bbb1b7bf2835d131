import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { onTestFinished } from 'vitest';

const cliPath = resolve(import.meta.dirname, '../../../out/main/cli.js');

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Started {
  child: ChildProcess;
  ended: Promise<Ended>;
}

/** Starts the built command line with a workspace below `folder`, in a process group of its own as a terminal gives it. */
export function start(folder: string, words: string[]): Started {
  const home = join(folder, 'home');
  mkdirSync(home, { recursive: true });
  const child = spawn(process.execPath, [cliPath, ...words], {
    cwd: folder,
    env: { ...process.env, WHITTLE_HOME: home, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.stdout += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString('utf8')));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...said }));
  onTestFinished(() => void (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')));
  return { child, ended };
}

export const whittle = (folder: string, ...words: string[]): Promise<Ended> => start(folder, words).ended;

/** What Ctrl-C in a terminal does: the signal goes to the whole process group. */
export function interrupt(child: ChildProcess): void {
  process.kill(-child.pid!, 'SIGINT');
}

/** Paths of all files below a folder, with forward slashes. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((item) => !item.isDirectory())
    .map((item) => relative(folder, join(item.parentPath, item.name)).replaceAll('\\', '/'))
    .sort();
}

/** Standard error without progress lines. */
export const sentences = (stderr: string): string[] =>
  stderr.split('\n').filter((line) => line !== '' && !/^\d+\/\d+ {2}/.test(line));
