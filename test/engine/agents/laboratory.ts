import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { TrialMetrics } from '@shared/metrics';
import type { Contents } from '../../../src/main/engine/jobs/order';
import { builtFile } from '../../../src/main/engine/files/built-file';

/** Where nats-server is; undefined: tests that need it are skipped. */
export const natsServer = ['/usr/sbin', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin']
  .map((folder) => join(folder, 'nats-server'))
  .find((path) => existsSync(path));

export const skipsWithoutServer = natsServer === undefined ? ' (skipped: no nats-server on this machine)' : '';

/** One file, which all models are, and no images: what a coordinator hands out. @param folder it lies in, and outputs go to */
export function oneFile(folder: string): { model: string; contents: Contents } {
  const model = join(folder, 'model.onnx');
  writeFileSync(model, 'a file');
  const contents = {
    cacheFolder: folder,
    file: async () => model,
    images: () => Promise.reject(new Error('there are none')),
    outputPath: (name: string) => join(folder, name),
  };
  return { model, contents };
}

/** Everything that was started; ended by `end`. */
export class Laboratory {
  private readonly children = new Set<ChildProcess>();
  private readonly closers: (() => void)[] = [];

  constructor(readonly folder: string) {}

  async server(lines: readonly string[] = [], hasStreams = true): Promise<NatsServer> {
    const port = await freePort();
    mkdirSync(this.folder, { recursive: true });
    const config = join(this.folder, `nats-${port}.conf`);
    const store = join(this.folder, `nats-${port}`);
    writeFileSync(
      config,
      [`listen: "127.0.0.1:${port}"`, hasStreams ? `jetstream { store_dir: "${store}" }` : '', ...lines, ''].join('\n'),
    );
    const server = new NatsServer(port, () => this.spawn(natsServer!, ['-c', config], {}));
    await server.start();
    return server;
  }

  /** A stretch of network that can be cut. */
  async cable(port: number): Promise<{ port: number; cut(): void; mend(): void }> {
    const sockets = new Set<Socket>();
    let isCut = false;
    const proxy = createServer((near) => {
      if (isCut) return void near.destroy();
      const far = connect(port, '127.0.0.1');
      for (const socket of [near, far]) {
        sockets.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => {
          sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      near.pipe(far).pipe(near);
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    this.closers.push(() => proxy.close());
    return {
      port: (proxy.address() as AddressInfo).port,
      cut: () => {
        isCut = true;
        for (const socket of sockets) socket.destroy();
      },
      mend: () => void (isCut = false),
    };
  }

  /** The built command line with a person's folder of its own. @param node options of Node */
  whittle(home: string, words: readonly string[], node: readonly string[] = []): Running {
    mkdirSync(home, { recursive: true });
    const environment = { ...process.env, WHITTLE_HOME: home, NO_COLOR: '1' };
    const all = [...node, builtFile('cli.js'), ...words];
    return new Running(this.spawn(process.execPath, all, { cwd: this.folder, env: environment }));
  }

  /** A join code for a server. */
  async invite(home: string, url: string, ...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.whittle(home, ['agent', 'invite', '--server', url, ...words]).ended;
    if (code !== 0) throw new Error(stderr);
    return stdout.trim();
  }

  /** A machine that joined and takes steps; it can be started again. */
  async agent(name: string, code: string, words: readonly string[] = [], node?: readonly string[]): Promise<Running> {
    const home = join(this.folder, name);
    const joined = await this.whittle(home, ['agent', 'join', code]).ended;
    if (joined.code !== 0) throw new Error(joined.stderr);
    return this.restartAgent(name, words, node);
  }

  restartAgent(name: string, words: readonly string[] = [], node?: readonly string[]): Running {
    return this.whittle(join(this.folder, name), ['agent', '--name', name, ...words], node);
  }

  /** Options of Node for a process that finds these flags of its processor in place of the real ones, and so other instruction sets. Linux. */
  foreignProcessor(flags: string): string[] {
    const path = join(this.folder, 'foreign-processor.mjs');
    writeFileSync(
      path,
      `import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
const { readFile } = files;
files.readFile = async (path, ...rest) => {
  const text = await readFile(path, ...rest);
  return path === '/proc/cpuinfo' ? text.replace(/^(flags|Features)(\\s*):.*$/gm, '$1$2: ${flags}') : text;
};
syncBuiltinESMExports();
`,
    );
    return ['--import', pathToFileURL(path).href];
  }

  end(): void {
    for (const child of this.children) child.kill('SIGKILL');
    for (const close of this.closers) close();
  }

  private spawn(path: string, words: string[], options: { cwd?: string; env?: NodeJS.ProcessEnv }): ChildProcess {
    const child = spawn(path, words, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    this.children.add(child);
    child.once('close', () => this.children.delete(child));
    return child;
  }
}

/** A process and what it says, line by line. */
export class Running {
  readonly lines: string[] = [];
  stdout = '';
  stderr = '';
  readonly ended: Promise<{ code: number | null; stdout: string; stderr: string }>;

  constructor(readonly child: ChildProcess) {
    child.stdout?.on('data', (chunk: Buffer) => (this.stdout += chunk.toString('utf8')));
    child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString('utf8');
      this.lines.splice(0, Infinity, ...this.stderr.split('\n').slice(0, -1));
    });
    this.ended = once(child, 'close').then(([code]) => ({
      code: code as number | null,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  get isRunning(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Resolves when it has said so many lines of that kind. */
  async says(pattern: RegExp, count = 1, limitMs = 60_000): Promise<void> {
    const until = Date.now() + limitMs;
    while (this.count(pattern) < count) {
      if (Date.now() > until) throw new Error(`${String(pattern)} was not said:\n${this.stderr}`);
      await sleep(20);
    }
  }

  count(pattern: RegExp): number {
    return this.lines.filter((line) => pattern.test(line)).length;
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.child.kill(signal);
    await this.ended;
  }
}

export class NatsServer {
  private child: ChildProcess | undefined;

  constructor(
    readonly port: number,
    private readonly spawn: () => ChildProcess,
  ) {}

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.child!.pid!;
  }

  async start(): Promise<void> {
    this.child = this.spawn();
    for (let tries = 0; tries < 200; tries++) {
      const socket = connect(this.port, '127.0.0.1');
      const isThere = await once(socket, 'connect').then(
        () => true,
        () => false,
      );
      socket.destroy();
      if (isThere) return;
      await sleep(50);
    }
    throw new Error('nats-server does not listen');
  }

  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const ended = once(this.child!, 'close');
    this.child!.kill(signal);
    await ended;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Everything of a run's results but times. */
export function timeless(folder: string): unknown {
  const { trials } = JSON.parse(readFileSync(join(folder, 'results.json'), 'utf8')) as {
    trials: {
      model: string;
      recipe: string;
      status: string;
      artifactSha256?: string;
      notes: string[];
      metrics: TrialMetrics;
    }[];
  };
  return trials.map(({ model, recipe, status, artifactSha256, notes, metrics: { latency, ...metrics } }) => ({
    model,
    recipe,
    status,
    artifactSha256,
    notes: notes?.toSorted(),
    metrics,
    latency: latency.map(({ target, mode }) => ({ target, mode })),
  }));
}

/** A certificate for 127.0.0.1 that signed itself; undefined where openssl is missing. */
export function selfSigned(folder: string): { certificate: string; key: string } | undefined {
  const [certificate, key] = [join(folder, 'server.pem'), join(folder, 'server.key')];
  try {
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-keyout',
        key,
        '-out',
        certificate,
        '-days',
        '2',
        '-subj',
        '/CN=127.0.0.1',
        '-addext',
        'subjectAltName=IP:127.0.0.1',
      ],
      { stdio: 'ignore' },
    );
    return { certificate, key };
  } catch {
    return undefined;
  }
}
