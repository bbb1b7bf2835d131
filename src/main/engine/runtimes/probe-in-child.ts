import { execFile } from 'node:child_process';
import { toAppError } from '@shared/errors';
import { builtFile } from '../files/built-file';
import { asClause } from './runtime-message';
import type { RuntimeDevice } from './runtime';

/** Drivers may take seconds to start; what takes longer than this hangs. */
const probeTimeoutMs = 20_000;

/** What the probe process writes on its standard output. */
export type ProbeAnswer = { devices: RuntimeDevice[] } | { problem: string };

const answers = new Map<string, Promise<RuntimeDevice[]>>();

/**
 * The devices of a runtime as a process of its own finds them: drivers that are loaded to look may crash or hang, and not with the engine.
 * Asked once in the life of this process, unless nothing came of it.
 * @param expected what it has where all is well: they say why it is not
 */
export function probeInChild(
  runtime: string,
  expected: readonly RuntimeDevice[],
  { program = builtFile('probe.js'), timeoutMs = probeTimeoutMs } = {},
): Promise<RuntimeDevice[]> {
  let answer = answers.get(runtime);
  if (!answer) {
    answer = ask(program, runtime, timeoutMs).then((given) => {
      if ('devices' in given) return given.devices;
      answers.delete(runtime);
      return expected.map((device) => ({ ...device, problem: given.problem }));
    });
    answers.set(runtime, answer);
  }
  return answer;
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
