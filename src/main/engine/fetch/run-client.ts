import { spawn } from 'node:child_process';
import { AppError } from '@shared/errors';

/**
 * Runs a package client to its end. Throws `pack.client` where it is not here or fails, with the last of what it said, and `cancelled`.
 * @param purpose what is fetched, for the message
 * @param otherwise what to do without the client
 */
export function runClient(
  command: readonly string[],
  { purpose, otherwise, folder, signal }: { purpose: string; otherwise: string; folder: string; signal?: AbortSignal },
): Promise<void> {
  const [program, ...words] = command as [string, ...string[]];
  return new Promise((resolve, reject) => {
    const refuse = (detail: string): void =>
      reject(new AppError('pack.client', { client: program, name: purpose, detail, otherwise }));
    // npm is a batch file on Windows, which only a shell can start; nothing of the words is a person's.
    const shell = process.platform === 'win32';
    const child = spawn(program, words, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], shell, signal });
    let said = '';
    const listen = (chunk: Buffer): void => void (said = (said + chunk.toString('utf8')).slice(-4000));
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (signal?.aborted) return reject(new AppError('cancelled'));
      refuse(error.code === 'ENOENT' ? 'it is not here' : error.message);
    });
    child.once('close', (code) => {
      if (code === 0) return resolve();
      refuse(lastLine(said) ?? `exit code ${code}`);
    });
  });
}

function lastLine(said: string): string | undefined {
  const lines = said.split('\n').map((line) => line.trim());
  return lines.findLast((line) => /error/i.test(line)) ?? lines.findLast((line) => line !== '');
}
