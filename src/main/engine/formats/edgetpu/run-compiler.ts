import { spawn, type ChildProcess } from 'node:child_process';
import { AppError } from '@shared/errors';

/** How edgetpu_compiler is started here. It runs in the folder that holds the file, which a container sees as its own. */
export interface CompilerCommand {
  program: string;
  /** Before the compiler's own arguments; "{folder}" stands for the folder with the file. */
  arguments: readonly string[];
  timeoutSeconds: number;
}

const defaultSeconds = 600;

/**
 * The command in WHITTLE_EDGETPU_COMPILER (a path, or a line such as "docker run --init --rm -v {folder}:/work -w /work IMAGE edgetpu_compiler"),
 * else the compiler as the system finds it. Words are separated by spaces; quotes keep them together. No shell reads them.
 */
export function compilerCommand(environment: NodeJS.ProcessEnv = process.env): CompilerCommand {
  const line = environment.WHITTLE_EDGETPU_COMPILER?.trim() || 'edgetpu_compiler';
  const words = (line.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).map((word) => word.replace(/["']/g, ''));
  const seconds = Number(environment.WHITTLE_EDGETPU_COMPILER_SECONDS);
  return {
    program: words[0] ?? 'edgetpu_compiler',
    arguments: words.slice(1),
    timeoutSeconds: Number.isFinite(seconds) && seconds > 0 ? seconds : defaultSeconds,
  };
}

const longestLog = 2_000_000;
/** What was told to end has this long: a container's client passes it on and waits. */
const killAfterMs = 1000;

/**
 * Compiles `name` in `folder`, where the compiler puts NAME_edgetpu.tflite beside it. Answers all that it printed, also where it compiled nothing;
 * undefined where there is no compiler. It ends with this process, and when the signal fires.
 * @throws `edgetpu.compiler-timeout`, `cancelled`
 */
export function runCompiler(
  command: CompilerCommand,
  folder: string,
  name: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  if (signal?.aborted) return Promise.reject(new AppError('cancelled'));
  const given = command.arguments.map((word) => word.replaceAll('{folder}', folder));
  // -s prints a row for each kind of operator and its fate.
  const child = spawn(command.program, [...given, '-s', '-o', '.', name], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  });
  let text = '';
  const take = (chunk: Buffer): void => {
    if (text.length < longestLog) text += chunk.toString('utf8');
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const kill = (): void => signalGroup(child, 'SIGKILL');
  return new Promise<string | undefined>((resolve, reject) => {
    let failure: AppError | undefined;
    let killing: NodeJS.Timeout | undefined;
    const giveUp = (error: AppError): void => {
      failure ??= error;
      signalGroup(child, 'SIGTERM');
      killing ??= setTimeout(kill, killAfterMs);
    };
    const cancel = (): void => giveUp(new AppError('cancelled'));
    const late = new AppError('edgetpu.compiler-timeout', { path: name, seconds: command.timeoutSeconds });
    const timer = setTimeout(() => giveUp(late), command.timeoutSeconds * 1000);
    const settle = (answer: string | undefined): void => {
      clearTimeout(timer);
      clearTimeout(killing);
      signal?.removeEventListener('abort', cancel);
      process.removeListener('exit', kill);
      if (failure) reject(failure);
      else resolve(answer);
    };
    signal?.addEventListener('abort', cancel, { once: true });
    process.once('exit', kill);
    child.once('error', () => settle(undefined));
    // Pipes may stay open in a process that left the group: what was stopped is not waited for beyond its end.
    child.once('exit', () => {
      if (!failure) return;
      kill();
      settle(undefined);
    });
    child.once('close', () => settle(text));
  });
}

/** With its children: what a script has started gets it too. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined && process.platform !== 'win32') process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // It has ended meanwhile.
  }
}
