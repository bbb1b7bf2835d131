import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectFolder } from './launch';

const whittle = join(projectFolder, 'scripts', 'whittle.mjs');
const host = '127.0.0.1';

/** Why agents cannot be tried here; undefined where they can. */
export function whyNoAgents(): string | undefined {
  const help = execFileSync(process.execPath, [whittle, '--help'], { encoding: 'utf8' });
  if (!/^ {2}agent\b/m.test(help)) return 'this build has no command "whittle agent"';
  try {
    execFileSync('nats-server', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'nats-server is not installed';
  }
}

/** A port of this machine that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export const addressOf = (port: number): string => `nats://${host}:${port}`;

export function startServer(port: number, folder: string): ChildProcess {
  return spawn('nats-server', ['-a', host, '-p', String(port), '-js', '-sd', folder], { stdio: 'ignore' });
}

export async function invite(server: string, folder: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [whittle, 'agent', 'invite', '--server', server], {
    env: { ...process.env, WHITTLE_HOME: folder },
  });
  return stdout.trim().split('\n').at(-1)!;
}

export async function joinAgents(code: string, folder: string): Promise<void> {
  await promisify(execFile)(process.execPath, [whittle, 'agent', 'join', code], {
    env: { ...process.env, WHITTLE_HOME: folder },
  });
}

export function startAgent(folder: string, label: string): ChildProcess {
  const words = ['agent', '--folder', folder, '--labels', label, '--slots', '1'];
  return spawn(process.execPath, [whittle, ...words], {
    stdio: 'ignore',
    env: { ...process.env, WHITTLE_HOME: folder },
  });
}

/** Ends a process at once, as a lost power supply does; one that has ended is left alone. */
export async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}
