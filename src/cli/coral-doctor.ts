import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { CoralStatus, CoralTestResult } from '@shared/coral';
import { AppError, toAppError, type ErrorReport } from '@shared/errors';
import { formatMs } from '@shared/format';
import { describeCoral, type CoralFacts } from '../main/engine/coral/describe-coral';
import { coralFacts } from '../main/engine/coral-status';
import { builtFile } from '../main/engine/files/built-file';
import { compilerVersion } from '../main/engine/formats/edgetpu/compiler-version';
import { runInWorker } from '../main/engine/jobs/worker-process';
import { machineFacts } from '../main/engine/machine/machine';
import { whittleVersion } from '../main/engine/version';
import type { Arguments, OptionSpec } from './arguments';

export const coralOptions: Record<string, OptionSpec> = {
  coral: { type: 'boolean', help: 'look for a USB Coral and try it out; with --json a report to attach' },
  compiled: { type: 'string', value: 'FILE', help: 'for --coral: a file that edgetpu_compiler made, to run on it' },
  source: { type: 'string', value: 'FILE', help: 'for --coral: the .tflite it was made from, to compare answers with' },
};

type Tried = CoralTestResult | { device: string; error: ErrorReport & { sentence: string } };

const graceMs = 1000;

/** Looks for Corals and what they need, runs a file on each where one is given, and tells or prints what came of it. Answers the exit code. */
export async function runCoralDoctor(arguments_: Arguments): Promise<number> {
  const facts = await coralFacts({ always: true });
  const status = describeCoral(facts);
  const compiled = fileOf(arguments_, 'compiled');
  const source = fileOf(arguments_, 'source');
  const tests: Tried[] = [];
  if (compiled !== undefined) for (const { id } of status.devices) tests.push(await tried(id, compiled, source));
  const compiler = await compilerVersion();
  process.stdout.write(
    arguments_.flag('json')
      ? `${JSON.stringify(await reportOf(facts, status, compiler, tests), null, 2)}\n`
      : `${textOf(facts, status, compiler, tests).join('\n')}\n`,
  );
  return tests.some((test) => 'error' in test) ? 1 : 0;
}

function fileOf(arguments_: Arguments, name: string): string | undefined {
  const path = arguments_.text(name);
  if (path === undefined || existsSync(path)) return path && resolve(path);
  throw new AppError('usage', { detail: `doctor: --${name}: there is no file ${path}` });
}

/** In a process of its own: libedgetpu ends it where a device stops answering. */
async function tried(device: string, modelPath: string, twinPath?: string): Promise<Tried> {
  const nothing = (): void => undefined;
  const events = { progress: nothing, note: nothing, log: nothing };
  const limits = { signal: new AbortController().signal, graceMs };
  try {
    return await runInWorker(
      builtFile('worker.js'),
      { kind: 'coral-test', modelPath, twinPath, device },
      events,
      limits,
    );
  } catch (thrown) {
    const error = toAppError(thrown);
    return { device, error: { ...error.toReport(), sentence: error.message } };
  }
}

/** To attach: of USB it tells of Corals alone. */
async function reportOf(
  { library, tflite }: CoralFacts,
  coral: CoralStatus,
  compiler: string | undefined,
  tests: readonly Tried[],
): Promise<object> {
  const versions = { whittle: whittleVersion, node: process.versions.node };
  const found = { library: library ?? null, tflite: tflite ?? null, compiler: compiler ?? null };
  return { ...versions, machine: await machineFacts(), coral, ...found, tests };
}

function textOf(
  { library, tflite }: CoralFacts,
  { title, advice, remedy, devices }: CoralStatus,
  compiler: string | undefined,
  tests: readonly Tried[],
): string[] {
  const version = library && ('version' in library ? library.version : library.problem);
  const invitation =
    'To try it out, give a file that edgetpu_compiler made: --compiled FILE_edgetpu.tflite [--source FILE.tflite].';
  return [
    title,
    `  libedgetpu       ${library ? `${library.path}, ${version}` : 'not here'}`,
    `  TensorFlow Lite  ${tflite ?? 'not here'}`,
    `  compiler         ${compiler ?? 'not here'}`,
    ...tests.flatMap(testLines),
    ...(advice === undefined ? [] : ['', advice]),
    ...(remedy ? ['', remedy.text.trimEnd()] : []),
    ...(tests.length === 0 && devices.length > 0 ? ['', invitation] : []),
  ];
}

function testLines(test: Tried): string[] {
  if ('error' in test) return [`  ${test.device}            ${test.error.sentence}`];
  const { device, runs, firstMs, medianMs, worstMs, unrepeated, twin, notes } = test;
  const repeats = unrepeated === 0 ? 'every answer the same' : `${unrepeated} of ${runs} answers differ from the first`;
  const compared =
    twin && `${twin.different} of ${twin.codes} codes differ from the processor's, by ${twin.largest} at most`;
  return [
    `  ${device}            first inference ${formatMs(firstMs)}, then ${formatMs(medianMs)} (median of ${runs - 1}, longest ${formatMs(worstMs)}); ${repeats}`,
    ...[compared, ...notes].filter((line) => line !== undefined).map((line) => `                   ${line}`),
  ];
}
