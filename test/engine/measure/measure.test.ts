import { randomFillSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeArtifact } from '../../../src/main/engine/measure/file/describe';
import { fileSize } from '../../../src/main/engine/measure/file/file-size';
import { measurePeakMemory } from '../../../src/main/engine/measure/latency/memory';
import { sampleInput } from '../../../src/main/engine/measure/latency/sample-input';
import { ort } from '../../../src/main/engine/runtimes/ort';
import { modelCardSchema } from '../../../src/shared/model-card';
import { saveSmallClassifier, side, smallCard } from './small-classifier';

const weights = [
  [1, 0, 0],
  [0, 1, 0],
];
const card = smallCard(2);
const signal = new AbortController().signal;
let folder = '';
let light = '';
let heavy = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'measure-'));
  light = await saveSmallClassifier(join(folder, 'light.onnx'), { weights });
  heavy = await saveSmallClassifier(join(folder, 'heavy.onnx'), { weights, idleLayers: 60 });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('measurePeakMemory', () => {
  it('is more than the process itself held for the model', async () => {
    const bytes = await measurePeakMemory({ modelPath: heavy, card, runtime: ort, threads: 1, signal });
    expect(bytes).toBeGreaterThan(process.memoryUsage().heapUsed);
  });
});

describe('sampleInput', () => {
  it('is the same for the same seed and looks like a normalised picture', () => {
    const input = sampleInput(card, 2, 1);
    expect(input.shape).toEqual([2, 3, side, side]);
    expect(sampleInput(card, 2, 1)).toEqual(input);
    expect(sampleInput(card, 2, 2)).not.toEqual(input);
    const levels = Array.from(input.data as Float32Array, (value) => value * 127.5 + 127.5);
    expect(Math.min(...levels)).toBeGreaterThanOrEqual(-0.01);
    expect(Math.max(...levels)).toBeLessThanOrEqual(255.01);
    expect(new Set(levels).size).toBeGreaterThan(50);
  });

  it('follows the layout', () => {
    const nhwc = modelCardSchema.parse({ ...card, input: { ...card.input, layout: 'NHWC' } });
    const planes = sampleInput(card, 1, 1).data;
    const interleaved = sampleInput(nhwc, 1, 1);
    expect(interleaved.shape).toEqual([1, side, side, 3]);
    expect(interleaved.data[5 * 3 + 1]).toBe(planes[side * side + 5]);
  });
});

describe('fileSize', () => {
  it('equals brotli of the whole file at the documented settings', async () => {
    const path = join(folder, 'mixed.bin');
    const bytes = Buffer.alloc(3_000_000, 'weights ');
    randomFillSync(bytes, 0, 1_000_000);
    writeFileSync(path, bytes);
    const whole = brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_LGWIN]: 22 },
    });
    const { sizeBytes, sizeCompressedBytes } = await fileSize(path);
    expect(sizeBytes).toBe(3_000_000);
    // Cutting the stream into chunks moves block borders by a few bytes.
    expect(Math.abs(sizeCompressedBytes - whole.length) / whole.length).toBeLessThan(0.001);
  });
});

describe('describeArtifact', () => {
  it('counts bytes, weights and multiply-accumulates of the file', async () => {
    const facts = await describeArtifact(light);
    expect(facts.sizeBytes).toBe(readFileSync(light).length);
    expect(facts.sizeCompressedBytes).toBeGreaterThan(0);
    expect(facts).toMatchObject({ params: 6, nonZeroParams: 2, macs: 6 });
    // Six float weights of three values in a network of a few hundred bytes: spelled out, or less.
    expect(facts.entropyBoundBytes).toBeGreaterThan(0);
    expect(facts.entropyBoundBytes).toBeLessThanOrEqual(6 * 4);
  });

  it('counts the weights of a shared tensor once and its multiply-accumulates at every use', async () => {
    const facts = await describeArtifact(heavy);
    expect(facts).toMatchObject({ params: 6 + 81, nonZeroParams: 2 + 3, macs: 6 + 60 * 3 * 27 * side * side });
  });
});
