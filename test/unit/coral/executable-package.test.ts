import fc from 'fast-check';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AppError } from '@shared/errors';
import { readExecutablePackage } from '../../../src/main/engine/coral/executable-package';
import { needsTfliteFiles, tfliteFilePath } from '../../fixtures/real-tflite-files';

const compiled = tfliteFilePath('mobilenet_v1_0.25_128_quant_edgetpu.tflite');
const hasFile = existsSync(compiled);

describe(`readExecutablePackage${needsTfliteFiles}`, () => {
  it.runIf(hasFile)('reads runtime and bytes of weights from a file that the compiler wrote', () => {
    // 566,912: the parameters of the caching executable, read beside this with Python's struct.
    expect(readExecutablePackage(readFileSync(compiled), compiled)).toEqual({
      minimumRuntime: 12,
      cachedBytes: 566_912,
      streamedBytes: 0,
    });
  });

  it.runIf(hasFile)('finds nothing in a file that was not compiled', () => {
    const path = tfliteFilePath('mobilenet_v1_0.25_128_quant.tflite');
    expect(readExecutablePackage(readFileSync(path), path)).toBeUndefined();
  });

  it('says of a file that only claims to be compiled that it is damaged', () => {
    for (const text of ['edgetpu-custom-op', 'edgetpu-custom-op DWN1', 'DWN1edgetpu-custom-op'])
      expect(() => readExecutablePackage(Buffer.from(text), 'a.tflite')).toThrow(/^a\.tflite says it was compiled/);
  });

  it.runIf(hasFile)('reads every mutation or says that it is damaged', () => {
    const original = readFileSync(compiled);
    const at = original.indexOf('DWN1');
    const place = fc.oneof(fc.integer({ min: at - 8, max: at + 400 }), fc.nat(original.length - 1));
    fc.assert(
      fc.property(fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 8 }), (changes) => {
        const bytes = Buffer.from(original);
        for (const [where, value] of changes) bytes[where] = value;
        try {
          readExecutablePackage(bytes, 'a.tflite');
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(AppError);
        }
      }),
      { numRuns: 300 },
    );
  });
});
