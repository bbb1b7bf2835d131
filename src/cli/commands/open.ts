import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AppError } from '@shared/errors';
import { readRunFile } from '../../main/engine/report/read-run-file';
import type { Command } from '../arguments';
import { applicationFolder, windowProgram } from '../locate-electron';

export const open: Command = {
  name: 'open',
  usage: 'PATH',
  summary: 'show results in the window: a folder made by "run --out", or a JSON report of a run',
  options: {},
  async run(arguments_) {
    const path = resolve(arguments_.positionals[0]!);
    if (/\.json$/i.test(path)) await readRunFile(path);
    else if (!existsSync(join(path, 'whittle.db'))) throw new AppError('results.not-found', { path });
    const [command, ...words] = await windowCommand();
    return runWindow(command!, [...words, `--open-results=${path}`]);
  },
};

/** In a checkout `npm start` knows how to get an Electron; an installed application brings its own. */
async function windowCommand(): Promise<string[]> {
  const start = join(applicationFolder(), 'scripts', 'start.mjs');
  if (existsSync(start)) return [process.execPath, start];
  const program = await windowProgram();
  if (!program) throw new AppError('window.unavailable', { detail: 'Electron is not installed here' });
  return program;
}

function runWindow(command: string, words: string[]): Promise<number> {
  return new Promise((done, fail) => {
    const child = spawn(command, words, { stdio: 'inherit' });
    child.once('error', (error) => fail(new AppError('window.unavailable', { detail: error.message })));
    child.once('close', (code) => done(code ?? 1));
  });
}
