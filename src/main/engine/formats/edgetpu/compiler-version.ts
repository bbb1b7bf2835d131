import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { basename, delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { compilerCommand } from './run-compiler';

const versionMs = 10_000;
/** A container's image may be another one by then; a program of its own is known by its file. */
const containerMs = 60_000;

interface KnownVersion {
  /** Of the program's file. */
  stamp: string;
  askedAt: number;
  version: string;
}
const known = new Map<string, KnownVersion>();

/** What the compiler here says of itself, asked once as long as its file stays the same; undefined where there is none. */
export async function compilerVersion(environment: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  const command = compilerCommand(environment);
  const words = command.arguments.map((word) => word.replaceAll('{folder}', process.cwd()));
  const key = JSON.stringify([command.program, ...words]);
  const stamp = await stampOf(command.program, environment);
  const last = known.get(key);
  const isFresh = words.length === 0 || (last !== undefined && Date.now() - last.askedAt < containerMs);
  if (last && stamp !== undefined && last.stamp === stamp && isFresh) return last.version;
  try {
    const { stdout } = await promisify(execFile)(command.program, [...words, '--version'], { timeout: versionMs });
    const [version = ''] = stdout.trim().split('\n');
    if (stamp !== undefined) known.set(key, { stamp, askedAt: Date.now(), version });
    return version;
  } catch {
    return undefined;
  }
}

/** Changes whenever the program's file does; undefined where it is not found by its name or on the path. */
async function stampOf(program: string, { PATH = '' }: NodeJS.ProcessEnv): Promise<string | undefined> {
  const folders = basename(program) === program ? PATH.split(delimiter).filter(Boolean) : [''];
  for (const folder of folders) {
    const path = join(folder, program);
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    if (found?.isFile()) return [path, found.ino, found.size, found.mtimeNs].join();
  }
  return undefined;
}
