import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AppError } from '@shared/errors';
import { layersOf } from '../../../../src/main/engine/formats/tflite/count';
import type { TfliteModel } from '../../../../src/main/engine/formats/tflite/model';
import { readMetadata } from '../../../../src/main/engine/formats/tflite/read-metadata';
import { readTflite } from '../../../../src/main/engine/formats/tflite/read-model';
import { withMetadata } from '../../../../src/main/engine/formats/tflite/with-metadata';
import { writeTflite } from '../../../../src/main/engine/formats/tflite/write-model';
import { hasTfliteFiles, needsTfliteFiles, tfliteFileNames, tfliteFilePath } from '../../../fixtures/real-tflite-files';
import { tinyCard, tinyTflite } from '../../../fixtures/tflite-models';

const good = writeTflite(withMetadata(tinyTflite(), tinyCard, ['cat', 'dog']));

/** The network, or the error people are shown; any other throw fails the test. */
function attempt(bytes: Uint8Array): TfliteModel | AppError {
  try {
    return readTflite(bytes, 'bytes');
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown;
    throw thrown;
  }
}

/** Numbers from 0 to below `limit`, the same for the same seed (mulberry32). */
function randomFrom(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

/** Words that offsets and lengths are likely to go wrong with. */
const words = [0, 1, 4, 0x7f, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];

/** A copy with one to eight bytes or words changed where the structure is: outside the constants, most of the time. */
function mutated(bytes: Uint8Array, places: readonly number[], random: (limit: number) => number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  const view = new DataView(copy.buffer);
  for (let edits = 1 + random(8); edits > 0; edits--) {
    const at = random(10) > 0 ? places[random(places.length)]! : random(copy.length);
    if (random(2) === 0 && at + 4 <= copy.length) view.setUint32(at, words[random(words.length)]!, true);
    else copy[at] = random(256);
  }
  return random(20) === 0 ? copy.subarray(0, random(copy.length)) : copy;
}

/** What follows a reader must hold for whatever it lets through. */
function use(model: TfliteModel, bytes: Uint8Array): void {
  const held = model.graphs.flatMap(({ tensors }) => tensors).reduce((sum, { data }) => sum + (data?.length ?? 0), 0);
  expect(held).toBeLessThanOrEqual(bytes.length * Math.max(1, model.graphs.flatMap(({ tensors }) => tensors).length));
  expect(readMetadata(model)).toBeDefined();
  if (bytes.length > 10_000) return;
  for (const { macs, params } of layersOf(model.graphs[0]!)) expect(macs + params).toBeGreaterThanOrEqual(0);
}

function outcomes(bytes: Uint8Array, runs: number, seed: number): { read: number; refused: number } {
  const random = randomFrom(seed);
  const constants = readTflite(bytes).graphs.flatMap(({ tensors }) =>
    tensors.flatMap(({ data }) => (data ? [data] : [])),
  );
  const inside = new Uint8Array(bytes.length);
  for (const { byteOffset, length } of constants)
    inside.fill(1, byteOffset - bytes.byteOffset, byteOffset - bytes.byteOffset + length);
  const places: number[] = [];
  for (let at = 0; at < inside.length; at++) if (inside[at] === 0) places.push(at);
  const counts = { read: 0, refused: 0 };
  for (let run = 0; run < runs; run++) {
    const changed = mutated(bytes, places, random);
    const result = attempt(changed);
    if (result instanceof AppError) {
      expect(result.message.length).toBeGreaterThan(20);
      expect(result.code).toMatch(/^tflite\./);
      counts.refused++;
    } else {
      use(result, changed);
      counts.read++;
    }
  }
  return counts;
}

describe('hostile .tflite files', () => {
  it('every prefix is refused with a sentence', () => {
    for (let length = 0; length < good.length; length++)
      expect(attempt(good.subarray(0, length)), `the first ${length} bytes`).toSatisfy(
        // Without its archive the network is whole.
        (result) => result instanceof AppError || (result as TfliteModel).associatedFiles === undefined,
      );
  });

  it('4,800 with changed bytes and offsets are read or refused', { timeout: 120_000 }, () => {
    const { read, refused } = outcomes(good, 4800, 1);
    expect(read).toBeGreaterThan(300);
    expect(refused).toBeGreaterThan(1500);
  });

  it.skipIf(!hasTfliteFiles)(
    `and so are 200 of files that others made${needsTfliteFiles}`,
    { timeout: 120_000 },
    () => {
      for (const [seed, name] of tfliteFileNames.entries()) {
        const { read, refused } = outcomes(readFileSync(tfliteFilePath(name)), 50, seed + 2);
        expect(read + refused).toBe(50);
      }
    },
  );
});
