import { describe, expect, it } from 'vitest';
import { rounded, storedForm, type LayerWeights } from '../../../../src/main/engine/formats/coreml/convert/weights';
import { noise } from '../../../fixtures/graphs';

const shape = [8, 16, 3, 3];
const count = 8 * 16 * 9;
const plain: LayerWeights = { shape, values: noise(count, 3), isPacked: false };
const packed = (values: Float32Array): LayerWeights => ({ shape, values, isPacked: true });
const row = (index: number): number => Math.floor(index / (count / 8));
/** Numbers of so few kinds, for all channels or scaled for each. */
const few = (kinds: number, perChannel = false): Float32Array =>
  noise(count, 7).map(
    (value, index) => Math.floor(((value + 1) / 2) * kinds - kinds / 2) / (perChannel ? 100 * (row(index) + 1) : 64),
  );
const withZeros = (values: Float32Array): Float32Array => values.map((value, index) => (index % 2 === 0 ? 0 : value));

describe('the form in which weights are stored', () => {
  it.each([
    { what: 'plain numbers', weights: plain, kind: 'dense', bytes: 2 * count },
    { what: '16 numbers', weights: packed(few(16)), kind: 'table', bytes: count / 2 + 32 },
    { what: '4 numbers a channel', weights: packed(few(4, true)), kind: 'table', bytes: count / 4 + 8 * 8 },
    { what: 'half of them zero', weights: packed(withZeros(plain.values)), kind: 'sparse', bytes: count / 8 + count },
    { what: 'plain numbers in a packed file', weights: packed(plain.values), kind: 'dense', bytes: 2 * count },
  ])('$what', ({ weights, kind, bytes }) => {
    const form = storedForm(weights, 'FLOAT16');
    expect(form.kind).toBe(kind);
    expect(form.bytes).toBe(bytes);
    expect(form.values).toEqual(weights.values.map((value) => rounded(value, 'FLOAT16')));
  });

  it('leaves zeros out of tables where that takes fewer bytes', () => {
    const form = storedForm(packed(few(60).map((value, index) => (index % 8 === 0 ? value : 0))), 'FLOAT16');
    expect(form.kind).toBe('sparse-table');
    expect(form.table!.codes.length).toBe(form.mask!.reduce((sum, bit) => sum + bit, 0));
  });

  const codes = Int8Array.from(noise(count, 9), (value) => Math.round(value * 127));
  const scale = Float32Array.from({ length: 8 }, (_, channel) => 0.001 * (channel + 1));

  it('keeps int8 codes, whose steps are rounded to the precision', () => {
    const values = Float32Array.from(codes, (code, index) => code * scale[row(index)]!);
    const steps = { codes, scale, zero: new Float32Array(8) };
    const form = storedForm({ shape, values, steps, isPacked: true }, 'FLOAT16');
    expect(form).toMatchObject({ kind: 'steps', bytes: count + 16, steps: { type: 'INT8' } });
    expect(form.values[5]).toBe(rounded(codes[5]! * rounded(scale[0]!, 'FLOAT16'), 'FLOAT16'));
    expect(storedForm({ shape, values, steps, isPacked: true }, 'FLOAT32').values).toEqual(values);
  });

  it('takes whole zeros off codes, and writes others as an offset', () => {
    const four = Uint8Array.from(codes, (code) => code & 15);
    const stored = (zero: number) => {
      const zeros = new Float32Array(8).fill(zero);
      const values = Float32Array.from(four, (code, index) => Math.fround(code - zero) * scale[row(index)]!);
      return storedForm({ shape, values, steps: { codes: four, scale, zero: zeros }, isPacked: true }, 'FLOAT32');
    };
    expect(stored(8).steps).not.toHaveProperty('offset');
    expect(stored(8).steps!.type).toBe('INT4');
    const shifted = stored(7.3);
    expect(shifted.steps).toMatchObject({ type: 'UINT4' });
    expect(shifted.steps!.offset![0]).toBe(Math.fround(7.3));
  });

  it('has 1, 2, 3, 4, 6 or 8 bits a code', () => {
    for (const [kinds, bits] of [
      [2, 1],
      [3, 2],
      [8, 3],
      [16, 4],
      [20, 6],
      [90, 8],
    ] as const) {
      const values = Float32Array.from({ length: 2 ** 14 }, (_, index) => (1 + (index % kinds)) / 128);
      expect(storedForm({ shape: [16, 2 ** 10], values, isPacked: true }, 'FLOAT16').table?.bits, String(kinds)).toBe(
        bits,
      );
    }
  });
});
