import { chmodSync, copyFileSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { hashFile } from '../../../src/main/engine/files/hash-file';
import { compileForEdgeTpu, dropFolder } from '../../../src/main/engine/formats/edgetpu/compile';
import { compilerCommand, runCompiler } from '../../../src/main/engine/formats/edgetpu/run-compiler';
import { compilerLogs } from '../../fixtures/coral/compiler-logs';
import { hasTfliteFiles, needsTfliteFiles, tfliteFilePath } from '../../fixtures/real-tflite-files';

const source = tfliteFilePath('mobilenet_v1_0.25_128_quant.tflite');
const compiled = tfliteFilePath('mobilenet_v1_0.25_128_quant_edgetpu.tflite');

/** Gone, or killed and not yet asked for by its parent. */
function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform === 'linux' && / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

describe('compilerCommand', () => {
  it('is a path, a container with its words, or what the system has', () => {
    expect(compilerCommand({})).toMatchObject({ program: 'edgetpu_compiler', arguments: [], timeoutSeconds: 600 });
    const line = 'docker run --rm -v "{folder}":/work -w /work coral edgetpu_compiler';
    expect(compilerCommand({ WHITTLE_EDGETPU_COMPILER: `"/my tools/edgetpu_compiler"` }).program).toBe(
      '/my tools/edgetpu_compiler',
    );
    expect(compilerCommand({ WHITTLE_EDGETPU_COMPILER: line, WHITTLE_EDGETPU_COMPILER_SECONDS: '5' })).toEqual({
      program: 'docker',
      arguments: ['run', '--rm', '-v', '{folder}:/work', '-w', '/work', 'coral', 'edgetpu_compiler'],
      timeoutSeconds: 5,
    });
  });
});

describe.skipIf(!hasTfliteFiles || process.platform === 'win32')(`compileForEdgeTpu${needsTfliteFiles}`, () => {
  let home: string;
  let output: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'edgetpu-compile-'));
    output = join(home, 'out.tflite');
  });

  /** A program in place of the compiler, which nobody may pass on: it prints a real one's log and writes a file that a real one wrote. */
  function environmentOf(script: string): Record<string, string> {
    const program = join(home, 'edgetpu_compiler');
    writeFileSync(program, `#!/bin/sh\n${script}\n`);
    chmodSync(program, 0o755);
    return { WHITTLE_HOME: home, PATH: '/usr/bin:/bin', WHITTLE_EDGETPU_COMPILER: `${program} --word {folder}` };
  }
  const printing = (text: string): string => `cat <<'END'\n${text}END`;

  it('runs the compiler in a folder of its own and reads log and file', async () => {
    const log = compilerLogs.find(({ from }) => from.includes('1672'))!.text;
    const environment = environmentOf(
      `echo "$@" > ${home}/words\n${printing(log)}\ncp ${compiled} "$(basename "$6" .tflite)_edgetpu.tflite"`,
    );
    const report = await compileForEdgeTpu(source, output, environment);
    const words = readFileSync(join(home, 'words'), 'utf8').trim().split(' ');
    const name = `${(await hashFile(source)).slice(0, 12)}.tflite`;
    expect(words).toEqual(['--word', expect.stringContaining('whittle-edgetpu-') as string, '-s', '-o', '.', name]);
    expect(report).toMatchObject({
      compiler: '16.0.384591198',
      onChipUsedBytes: 566_912,
      streamedBytes: 0,
      operations: 246,
    });
    expect(await hashFile(output)).toBe(await hashFile(compiled));
    expect(existsSync(words[1]!)).toBe(false);
  });

  it('tells why nothing was compiled, and what to do', async () => {
    const log = compilerLogs.find(({ from }) => from.includes('512'))!.text;
    await expect(compileForEdgeTpu(source, output, environmentOf(`${printing(log)}\nexit 1`))).rejects.toThrow(
      /large activation tensors in model\. Use smaller images/,
    );
    await expect(compileForEdgeTpu(source, output, environmentOf('echo hello'))).rejects.toThrow(
      /: hello\. Leave the target/,
    );
    expect(existsSync(output)).toBe(false);
  });

  it('stops a compiler that does not end', async () => {
    const environment = environmentOf('sleep 60');
    const command = { ...compilerCommand(environment), timeoutSeconds: 0.2 };
    await expect(runCompiler(command, home, 'a.tflite')).rejects.toMatchObject({ code: 'edgetpu.compiler-timeout' });
  });

  it('is stopped with all that it started when the step is cancelled', async () => {
    const environment = environmentOf(`sleep 60 & echo $! > ${home}/child\nwait`);
    const abort = new AbortController();
    const compiling = compileForEdgeTpu(source, output, environment, abort.signal);
    const settled = compiling.catch((thrown: unknown) => thrown);
    const started = (): boolean => existsSync(join(home, 'child')) && readFileSync(join(home, 'child')).length > 0;
    await vi.waitUntil(started, 10_000);
    const child = Number(readFileSync(join(home, 'child'), 'utf8'));
    abort.abort();
    expect(await settled).toMatchObject({ code: 'cancelled' });
    // Killed; what is left of it is for the system to clear away.
    await vi.waitUntil(() => hasEnded(child), 10_000);
    await expect(compileForEdgeTpu(source, output, environment, abort.signal)).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('without a compiler writes the file, says the command, and takes what is dropped there', async () => {
    const environment = { WHITTLE_HOME: home, WHITTLE_EDGETPU_COMPILER: join(home, 'nowhere') };
    const hash = (await hashFile(source)).slice(0, 12);
    await expect(compileForEdgeTpu(source, output, environment)).rejects.toThrow(
      `Run "edgetpu_compiler -s ${hash}.tflite" on x86-64 Linux, then put ${hash}_edgetpu.tflite into ${dropFolder(environment)}`,
    );
    expect(await hashFile(join(dropFolder(environment), `${hash}.tflite`))).toBe(await hashFile(source));

    copyFileSync(compiled, join(dropFolder(environment), `${hash}_edgetpu.tflite`));
    expect(await compileForEdgeTpu(source, output, environment)).toEqual({
      operators: [],
      onChipUsedBytes: 566_912,
      streamedBytes: 0,
      outputBytes: 801_454,
    });
  });

  it('refuses what was compiled from another network, or not at all', async () => {
    const environment = { WHITTLE_HOME: home, WHITTLE_EDGETPU_COMPILER: join(home, 'nowhere') };
    const other = tfliteFilePath('tf2_mobilenet_v2_1.0_224_ptq.tflite');
    await expect(compileForEdgeTpu(other, output, environment)).rejects.toMatchObject({
      code: 'edgetpu.compiler-missing',
    });
    const dropped = join(dropFolder(environment), `${(await hashFile(other)).slice(0, 12)}_edgetpu.tflite`);
    copyFileSync(compiled, dropped);
    await expect(compileForEdgeTpu(other, output, environment)).rejects.toThrow(
      /inputs are uint8 1x128x128x3 instead of uint8 1x224x224x3/,
    );
    copyFileSync(other, dropped);
    await expect(compileForEdgeTpu(other, output, environment)).rejects.toThrow(/no operator of it was compiled/);
  });
});
