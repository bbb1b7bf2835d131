import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { presentRun } from '@shared/presenter/reading';
import { sweepFileSchema } from '@shared/sweep-file';
import { readTflite } from '../../../src/main/engine/formats/tflite/read-model';
import { compiledAs } from '../../fixtures/coral/compiled-as';
import { buildStandIn, needsLibrary } from '../../fixtures/coral/stand-in';

const starter = resolve(import.meta.dirname, '../../../resources/starter');
const target = 'edgetpu x1';
const written = {
  models: [resolve(starter, 'models', 'mobilenetv2-starter.onnx')],
  dataset: { path: resolve(starter, 'dataset'), eval: 40, calibration: 16 },
  targets: [{ runtime: 'edgetpu' }],
  recipes: { baseline: [], half: ['fp16'], int8: [{ 'quantize.static': { profile: 'tflite' } }] },
  latency: 'brief',
};
const sweep = sweepFileSchema.parse(written);

describe.skipIf(needsLibrary !== '')(`a sweep on a Coral${needsLibrary}`, { timeout: 600_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'whittle-coral-sweep-'));
  const twin = join(folder, 'twin.tflite');
  beforeEach(() => {
    const listing = join(folder, 'usb.json');
    const coral = { vendorId: 0x18d1, productId: 0x9302, bus: '2', address: 3, ports: [1], speed: 'super' };
    writeFileSync(listing, JSON.stringify([coral]));
    const environment = {
      ...buildStandIn(twin),
      WHITTLE_HOME: join(folder, 'home'),
      WHITTLE_USB_LISTING: listing,
      WHITTLE_EDGETPU_COMPILER: join(folder, 'nowhere'),
    };
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  });
  afterEach(() => vi.unstubAllEnvs());
  afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));

  it('compares what the chip runs with the network in floats, which the processor runs', async () => {
    // Loaded here: what it inherits of the environment is read when it is.
    const { createEngine } = await import('../../../src/main/engine/create-engine');
    const engine = await createEngine({ workspace: join(folder, 'workspace') });
    try {
      const searched = sweepFileSchema.parse({ ...written, search: {} });
      await expect(engine.prepare(searched)).rejects.toMatchObject({
        code: 'search.integers-only',
        facts: { target, other: 'tflite' },
      });

      const prepared = await engine.prepare(sweep);
      expect(prepared.warnings).toContainEqual(
        'half: edgetpu takes networks in integers alone, and this one computes in floats. End its recipe with quantize.static{profile:tflite}.',
      );
      const { id, finished } = engine.runs.start(prepared);
      expect(await finished).toBe('failed');
      const stopped = engine.runs.view(id).trials;
      expect(stopped.map(({ recipe, status }) => `${recipe} ${status}`)).toEqual([
        'baseline done',
        'half done',
        'int8 failed',
      ]);
      // There is no compiler: a person takes the file to one and brings back what it made.
      const { code, facts } = stopped[2]!.error!;
      expect(code).toBe('edgetpu.compiler-missing');
      const path = String(facts.path);
      copyFileSync(path, twin);
      const compiled = compiledAs(readTflite(readFileSync(path), path));
      writeFileSync(join(String(facts.folder), String(facts.result)), compiled);

      expect(await engine.runs.resume(id, await engine.prepare(sweep)).finished).toBe('done');
      const run = engine.runs.view(id);
      const [baseline, half, int8] = run.trials;
      expect(run.manifest).toMatchObject({
        targets: [target],
        baselineTargets: { [target]: 'tflite x1' },
        connections: { [target]: 'super speed' },
      });
      expect(baseline!.metrics.deployments).toMatchObject([
        { runtime: 'tflite', name: 'edgetpu', insteadOf: 'edgetpu', format: 'tflite', n: 40 },
      ]);
      expect(baseline!.metrics.latency).toMatchObject([{ target, runtime: 'tflite' }]);
      expect(int8!.metrics).toMatchObject({ sizeBytes: compiled.byteLength, n: 40 });
      // What the file for the chip does not tell is told of the ONNX file.
      expect(int8!.metrics.params).toBeGreaterThan(0.9 * baseline!.metrics.params!);
      expect(int8!.metrics.macs).toBeGreaterThan(0.9 * baseline!.metrics.macs!);
      expect(int8!.metrics.deployments).toMatchObject([{ runtime: 'edgetpu', name: 'edgetpu', format: 'edgetpu' }]);
      expect(int8!.metrics.latency).toMatchObject([{ target, runtime: 'edgetpu', baselineTarget: 'tflite x1' }]);
      expect(int8!.notes).toContainEqual(expect.stringContaining('a stand-in on the CPU, not an Edge TPU'));
      expect(half!.lacking).toHaveLength(1);
      expect(half!.metrics.latency).toEqual([]);
      expect(half!.metrics.deployments).toMatchObject([{ runtime: 'tflite', name: 'tflite', agreement: 100 }]);

      const { read } = presentRun(run);
      expect(read('size', baseline!, target)).toMatchObject({ ranIn: 'tflite' });
      for (const metric of ['size', 'ratio', 'top1'] as const) {
        const reading = read(metric, int8!, target)!;
        expect(reading.change, metric).toBeDefined();
        expect(reading, metric).not.toHaveProperty('ranIn');
      }
      const difference = Math.abs(int8!.metrics.top1! - baseline!.metrics.top1!);
      expect(difference).toBeLessThanOrEqual(10);
      expect(read('top1', half!, target)).toBeUndefined();
    } finally {
      engine.close();
    }
  });
});
