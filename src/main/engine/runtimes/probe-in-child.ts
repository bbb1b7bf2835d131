import { execFile } from 'node:child_process';
import { toAppError } from '@shared/errors';
import { builtFile } from '../files/built-file';
import { asClause } from './runtime-message';
import type { RuntimeDevice } from './runtime';

/** Drivers may take seconds to start; what takes longer than this hangs. */
const probeTimeoutMs = 20_000;

/** What the probe process writes on its standard output. */
export type ProbeAnswer = { devices: RuntimeDevice[] } | { problem: string };

interface Asked {
  /** Which library was looked with. */
  library: string;
  devices: Promise<RuntimeDevice[]>;
  /** It has answered, and something cannot be used. */
  hasProblem: boolean;
}

const answers = new Map<string, Asked>();

/**
 * The devices of a runtime as a process of its own finds them: drivers that are loaded to look may crash or hang, and not with the engine.
 * Asked once in the life of this process, unless nothing came of it or the library is another one since.
 * @param expected what it has where all is well: they say why it is not
 * @param library what stands for the library that is looked with; absent: it comes with Whittle
 */
export function probeInChild(
  runtime: string,
  expected: readonly RuntimeDevice[],
  { library = '', program = builtFile('probe.js'), timeoutMs = probeTimeoutMs } = {},
): Promise<RuntimeDevice[]> {
  const known = answers.get(runtime);
  if (known?.library === library) return known.devices;
  const asked: Asked = {
    library,
    hasProblem: false,
    devices: ask(program, runtime, timeoutMs).then((given) => {
      if (!('devices' in given)) {
        if (answers.get(runtime) === asked) answers.delete(runtime);
        return expected.map((device) => ({ ...device, problem: given.problem }));
      }
      asked.hasProblem = given.devices.some(({ problem }) => problem !== undefined);
      return given.devices;
    }),
  };
  answers.set(runtime, asked);
  return asked.devices;
}

/** What could not be used is looked for anew when it is asked for next. @param runtime of this one; absent: of all */
export function forgetProblems(runtime?: string): void {
  for (const [id, { hasProblem }] of answers)
    if (hasProblem && (runtime === undefined || id === runtime)) answers.delete(id);
}

function ask(program: string, runtime: string, timeout: number): Promise<ProbeAnswer> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [program, runtime],
      { timeout, killSignal: 'SIGKILL', maxBuffer: 1 << 20, windowsHide: true },
      (error, stdout) => {
        const answer = answerIn(stdout);
        if (answer) return resolve(answer);
        const { signal, code } = error ?? {};
        const end = child.killed ? `took more than ${timeout / 1000} s` : `ended with ${signal ?? `code ${code}`}`;
        resolve({ problem: `the process that looked for it ${end}` });
      },
    );
  });
}

/** Drivers write there too: the answer is the last line. */
function answerIn(stdout: string): ProbeAnswer | undefined {
  try {
    return JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as ProbeAnswer;
  } catch {
    return undefined;
  }
}

/** What a probe found or threw. */
export async function probeAnswer(probe: () => Promise<RuntimeDevice[]>): Promise<ProbeAnswer> {
  try {
    return { devices: await probe() };
  } catch (thrown) {
    return { problem: asClause(toAppError(thrown).message) };
  }
}
