import { describe, expect, it } from 'vitest';
import { parseByteSize } from '@shared/byte-size';

describe('parseByteSize', () => {
  it.each([
    ['0', 0],
    ['512', 512],
    ['20GB', 20e9],
    ['20 gb', 20e9],
    ['1.5TB', 1.5e12],
    ['2MiB', 2_097_152],
    [' 7 kB ', 7000],
    ['0.0004 kB', 0],
  ])('%s is %d bytes', (text, bytes) => expect(parseByteSize(text)).toBe(bytes));

  it.each(['', 'GB', '-1GB', '20 GB of disk', '1e9', '20X', '99999999TB', '1,5GB', 'toString'])(
    'refuses "%s" with a sentence',
    (text) => expect(() => parseByteSize(text)).toThrow(/is no size: give a number with a unit, as in 20GB/),
  );
});
