import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeModel } from '../../../src/main/engine/onnx/save';
import { ort } from '../../../src/main/engine/runtimes/ort';
import { ortProviders } from '../../../src/main/engine/runtimes/ort-providers';
import { forgetProblems, probeInChild } from '../../../src/main/engine/runtimes/probe-in-child';
import type { Runtime } from '../../../src/main/engine/runtimes/runtime';
import { toAppError } from '../../../src/shared/errors';
import { noise, tinyClassifier } from '../../fixtures/graphs';

const byId = (id: string): Runtime => ortProviders.find((runtime) => runtime.id === id)!;

describe('execution providers', () => {
  it('are named as targets name them', () => {
    const ids = ortProviders.map(({ id }) => id);
    expect(ids).toEqual(['ort-cuda', 'ort-tensorrt', 'ort-directml', 'ort-coreml', 'ort-webgpu']);
    for (const runtime of ortProviders) expect(runtime).toMatchObject({ format: 'onnx', maximumThreads: 1 });
  });

  it.each(ortProviders)('$id is usable or says in one line why not', async (runtime) => {
    const [device, ...others] = await runtime.devices();
    expect(others).toEqual([]);
    expect(device!.title).toMatch(/\w/);
    expect(device!.problem ?? 'usable').toMatch(/^[^\n]+$/);
    const opened = runtime.open(encodeModel(tinyClassifier()), { threads: 1 });
    if (device!.problem !== undefined) {
      console.log(`${runtime.id} is not tested: ${device!.problem}`);
      // Never on the CPU instead.
      await expect(
        opened.then(
          () => 'opened',
          (thrown: unknown) => toAppError(thrown).code,
        ),
      ).resolves.toBe('model.runtime-rejected');
      return;
    }
    const session = await opened;
    const feeds = { input: { type: 'float32' as const, shape: [1, 3, 8, 8], data: noise(192) } };
    const reference = await ort.open(encodeModel(tinyClassifier()), { threads: 1 });
    const [own, other] = [await session.run(feeds), await reference.run(feeds)];
    for (const [at, value] of own.logits!.data.entries())
      expect(Number(value)).toBeCloseTo(Number(other.logits!.data[at]), 2);
    await session.close();
    await reference.close();
  });

  it.runIf(process.platform === 'linux')('for other systems are told apart from those that lack a file', async () => {
    expect((await byId('ort-directml').devices())[0]!.problem).toMatch(/has no DirectML on linux .*; it takes Windows/);
    expect((await byId('ort-coreml').devices())[0]!.problem).toMatch(/has no Core ML on linux .*; it takes macOS/);
  });
});

describe('a probe in a process of its own', () => {
  let folder = '';
  beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'probe-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const expected = [{ id: 'gpu', title: 'GPU' }];
  const program = (name: string, code: string): string => {
    const path = join(folder, `${name}.cjs`);
    writeFileSync(path, code);
    return path;
  };
  const problemOf = async (name: string, code: string, timeoutMs?: number) =>
    (await probeInChild(name, expected, { program: program(name, code), timeoutMs }))[0];

  it('says how it ended where it crashed, hung or found nothing to run', async () => {
    expect(await problemOf('crash', 'process.kill(process.pid, "SIGSEGV")')).toMatchObject({
      id: 'gpu',
      problem: 'the process that looked for it ended with SIGSEGV',
    });
    expect((await problemOf('hang', 'setInterval(() => {}, 1000)', 300))!.problem).toContain('took more than 0.3 s');
    expect((await problemOf('exit', 'process.exit(3)'))!.problem).toContain('ended with code 3');
    expect((await problemOf('talks', 'console.log("driver 1.0"); console.log("{")'))!.problem).toContain('ended with');
    expect((await probeInChild('no-such-runtime', expected))[0]!.problem).toContain('"no-such-runtime"');
  });

  it('is asked once, and again where nothing came of it', async () => {
    const count = join(folder, 'count');
    const answering = (answer: object) =>
      `require('fs').appendFileSync(${JSON.stringify(count)}, 'x'); console.log('noise'); console.log('${JSON.stringify(answer)}')`;
    writeFileSync(count, '');
    const asked = async (name: string, answer: object) => problemOf(name, answering(answer));
    expect(await asked('found', { devices: [{ id: 'gpu', title: 'A card' }] })).toEqual({ id: 'gpu', title: 'A card' });
    expect(await asked('found', { problem: 'gone' })).toEqual({ id: 'gpu', title: 'A card' });
    expect((await asked('lost', { problem: 'no driver' }))!.problem).toBe('no driver');
    expect(await asked('lost', { devices: [{ id: 'gpu', title: 'A card' }] })).toEqual({ id: 'gpu', title: 'A card' });
  });

  it('is asked again for another library, and for what was missing once that is forgotten', async () => {
    const card = { devices: [{ id: 'gpu', title: 'A card' }] };
    const missing = { devices: [{ id: 'gpu', title: 'GPU', problem: 'no driver' }] };
    const asked = async (name: string, answer: object, library?: string) => {
      const code = `console.log('${JSON.stringify(answer)}')`;
      return (await probeInChild(name, expected, { program: program(name, code), library }))[0];
    };
    expect(await asked('swapped', missing, 'one')).toEqual(missing.devices[0]);
    expect(await asked('swapped', card, 'two')).toEqual(card.devices[0]);

    expect(await asked('driver', missing)).toEqual(missing.devices[0]);
    expect(await asked('driver', card)).toEqual(missing.devices[0]);
    forgetProblems('swapped');
    expect(await asked('driver', card)).toEqual(missing.devices[0]);
    forgetProblems();
    expect(await asked('driver', card)).toEqual(card.devices[0]);
    forgetProblems();
    expect(await asked('driver', missing)).toEqual(card.devices[0]);
  });
});
