import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { AppError } from '@shared/errors';
import type { CompilerReport } from '@shared/edgetpu';
import { hashFile } from '../../files/hash-file';
import { homeFolder } from '../../files/home-folder';
import { readTflite } from '../tflite/read-model';
import { readExecutablePackage } from '../../coral/executable-package';
import { parseCompilerLog } from './parse-compiler-log';
import { compilerCommand, runCompiler } from './run-compiler';
import { interfaceDifference } from './same-interface';

/** Where files that were compiled elsewhere are put. */
export const dropFolder = (environment: NodeJS.ProcessEnv = process.env): string =>
  join(homeFolder(environment), 'edgetpu');

/**
 * Compiles a .tflite file for the Edge TPU, with the compiler that is here or by taking what a person compiled elsewhere: the file lies in
 * the drop folder under its hash, and so does its result.
 * @throws `edgetpu.compiler-missing`, `edgetpu.compiler-failed`, `edgetpu.compiler-timeout`, `edgetpu.other-network`, `cancelled`
 */
export async function compileForEdgeTpu(
  tflitePath: string,
  outputPath: string,
  environment: NodeJS.ProcessEnv = process.env,
  signal?: AbortSignal,
): Promise<CompilerReport> {
  const hash = (await hashFile(tflitePath)).slice(0, 12);
  const [name, result, log] = [`${hash}.tflite`, `${hash}_edgetpu.tflite`, `${hash}_edgetpu.log`];
  const dropped = dropFolder(environment);
  const elsewhere = await compiledBytes(join(dropped, result));
  if (elsewhere) {
    const text = await readFile(join(dropped, log), 'utf8').catch(() => '');
    return accept(tflitePath, join(dropped, result), elsewhere, outputPath, parseCompilerLog(text));
  }
  const folder = await mkdtemp(join(tmpdir(), 'whittle-edgetpu-'));
  try {
    await copyFile(tflitePath, join(folder, name));
    const text = await runCompiler(compilerCommand(environment), folder, name, signal);
    if (text === undefined) {
      await mkdir(dropped, { recursive: true });
      await copyFile(tflitePath, join(dropped, name));
      const command = `edgetpu_compiler -s ${name}`;
      throw new AppError('edgetpu.compiler-missing', { path: join(dropped, name), command, result, folder: dropped });
    }
    const report = parseCompilerLog(text);
    const compiled = await compiledBytes(join(folder, result));
    if (!compiled) throw failed(basename(tflitePath), report.failure ?? lastLine(text));
    return await accept(tflitePath, join(folder, result), compiled, outputPath, report);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const compiledBytes = (path: string): Promise<Buffer | undefined> => readFile(path).catch(() => undefined);

/** The file says exactly how many bytes of weights stay on the chip; the log rounds them and may be missing. */
async function accept(
  source: string,
  path: string,
  bytes: Buffer,
  outputPath: string,
  report: CompilerReport,
): Promise<CompilerReport> {
  const program = readExecutablePackage(bytes, path);
  const difference = program
    ? interfaceDifference(readTflite(await readFile(source), source), readTflite(bytes, path))
    : 'no operator of it was compiled for the Edge TPU';
  if (difference !== undefined || !program)
    throw new AppError('edgetpu.other-network', { path, source: basename(source), detail: difference });
  await copyFile(path, outputPath);
  return {
    ...report,
    onChipUsedBytes: program.cachedBytes,
    streamedBytes: program.streamedBytes,
    outputBytes: bytes.byteLength,
  };
}

const adviceFor: readonly (readonly [RegExp, string])[] = [
  [/large activation/, 'Use smaller images, or a network with smaller activations'],
  [/not quantized|data type/i, 'Quantize weights and activations to int8 first'],
  [
    /builtin opcode|out of range|Tflite interpreter/,
    'The file uses operators that are newer than the compiler of 2021',
  ],
];

function failed(path: string, detail: string): AppError {
  const advice = adviceFor.find(([pattern]) => pattern.test(detail))?.[1];
  return new AppError('edgetpu.compiler-failed', { path, detail, ...(advice && { advice }) });
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.slice(0, 200) || 'it printed nothing';
