import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AppError } from '@shared/errors';
import type { Paper } from '@shared/presenter/paper';
import { windowProgram } from './locate-electron';

/** Prints a page to PDF with Electron's own printing, without showing a window. @throws `pdf.unavailable`, `output.unwritable` */
export async function printWithElectron(html: string, path: string, paper: Paper): Promise<void> {
  const program = await windowProgram();
  if (!program) throw new AppError('pdf.unavailable', { detail: 'it is not installed yet' });
  const folder = await mkdtemp(join(tmpdir(), 'whittle-pdf-'));
  try {
    const page = join(folder, 'report.html');
    await writeFile(page, html);
    // A machine without a display prints through a virtual one.
    const isRoot = process.getuid?.() === 0;
    const headless = process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY;
    const words = [
      ...program,
      ...(isRoot ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--print-report',
      page,
      resolve(path),
      paper,
    ];
    const [command, ...rest] = headless ? ['xvfb-run', '-a', ...words] : words;
    const { code, said } = await runToEnd(command!, rest, folder);
    if (code === 0 && existsSync(path)) return;
    const sentence = said.split('\n').find((line) => /^(Cannot write|The disk)/.test(line));
    if (sentence?.startsWith('The disk')) throw new AppError('output.disk-full', { path });
    if (sentence)
      throw new AppError('output.unwritable', { path, detail: /\((.*)\)/.exec(sentence)?.[1] ?? 'see above' });
    throw new AppError('pdf.unavailable', {
      detail: said.trim().split('\n').at(-1)?.slice(0, 200) || `it ended with code ${code}`,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function runToEnd(command: string, words: string[], userData: string): Promise<{ code: number | null; said: string }> {
  return new Promise((resolveEnd) => {
    const child = spawn(command, [...words, `--user-data-dir=${userData}`], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
    child.on('error', (error) => resolveEnd({ code: null, said: `${command}: ${error.message}` }));
    child.on('close', (code) => resolveEnd({ code, said }));
  });
}
