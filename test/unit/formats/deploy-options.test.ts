import { expect, it } from 'vitest';
import { z } from 'zod';
import type { FileFormat } from '../../../src/main/engine/formats/file-format';
import { deployOptions } from '../../../src/main/engine/formats/registry';

const format: FileFormat = {
  id: 'sample',
  version: 1,
  options: z.strictObject({ input: z.enum(['float32', 'uint8']).default('float32') }),
  convert: async () => undefined,
  describe: () => Promise.reject(new Error('not described here')),
};

it('fills defaults in, and says what is wrong in one sentence', () => {
  expect(deployOptions(format)).toEqual({ input: 'float32' });
  expect(deployOptions(format, { input: 'uint8' })).toEqual({ input: 'uint8' });
  expect(() => deployOptions(format, { input: 'int4' })).toThrow(
    /^What "deploy" says of sample is not valid: input: .+\. Correct it in the sweep file\.$/,
  );
  expect(() => deployOptions(format, { inputs: 'uint8' })).toThrow(/Unrecognized key: "inputs"/);
});
