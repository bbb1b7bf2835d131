import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { symbolBits } from '../../../src/main/engine/compression/storage/symbol-entropy';
import { float32Tensor, int32Tensor, int8Tensor, makeTensor, uint8Tensor } from '../../../src/main/engine/onnx/make';

const times = (count: number, value: number): number[] => new Array<number>(count).fill(value);

describe('symbolBits of codes', () => {
  it.each([
    ['16 symbols, all equally often', Array.from({ length: 160 }, (_, at) => at % 16), 160 * 4],
    ['two symbols, equally often', [0, 1, 1, 0], 4],
    ['one symbol', times(1000, 7), 0],
    // Halves, quarters and eighths: 1/2 * 1 + 1/4 * 2 + 2 * 1/8 * 3 = 1.75 bits each.
    ['a mixture', [...times(8, 0), ...times(4, 1), ...times(2, 2), ...times(2, 3)], 16 * 1.75],
    // H(0.9) = 0.468996 bits.
    ['nine zeros in ten', [...times(900, 0), ...times(100, 1)], 468.996],
    ['nothing', [], 0],
  ])('%s', (_, codes, bits) => {
    expect(symbolBits(uint8Tensor([codes.length], codes))).toBeCloseTo(bits, 2);
    expect(symbolBits(int32Tensor([codes.length], codes))).toBeCloseTo(bits, 2);
  });

  it('tells negative codes apart', () => {
    expect(symbolBits(int8Tensor([4], [-128, -1, 1, 127]))).toBe(8);
  });

  it('splits a byte of two 4-bit codes, and leaves its padding out', () => {
    expect(symbolBits(makeTensor('uint4', [3], Uint8Array.of(0x21, 0x02)))).toBeCloseTo(3 * 0.9183, 3);
  });

  it('is never above what the codes take, nor below 0', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 400 }), (codes) => {
        const bits = symbolBits(uint8Tensor([codes.length], codes));
        const distinct = new Set(codes).size;
        expect(bits).toBeGreaterThanOrEqual(0);
        expect(bits).toBeLessThanOrEqual(codes.length * Math.log2(distinct) + 1e-6);
      }),
    );
  });
});

describe('symbolBits of numbers', () => {
  it('spells out weights that are all different', () => {
    const weights = Float32Array.from({ length: 300 }, (_, at) => Math.sin(at + 1));
    expect(symbolBits(float32Tensor([300], weights))).toBe(300 * 32);
  });

  it('counts a table once and its indices by their entropy', () => {
    const weights = Float32Array.from({ length: 4000 }, (_, at) => Math.fround(0.1 * (1 + (at % 4))));
    expect(symbolBits(float32Tensor([4000], weights))).toBeCloseTo(4000 * 2 + 4 * 32, 6);
  });

  it('needs the places of zeros and the other weights for a sparse tensor', () => {
    const weights = Float32Array.from({ length: 1024 }, (_, at) => (at % 4 === 0 ? Math.cos(at + 1) : 0));
    // H(1/4) = 0.811278 bits for zero or not, 32 bits for each weight that is not, and the zero itself once.
    expect(symbolBits(float32Tensor([1024], weights))).toBeCloseTo(1024 * 0.811278 + 256 * 32 + 32, 2);
  });

  it('takes half precision as numbers of 16 bits', () => {
    const halves = Uint16Array.from({ length: 200 }, (_, at) => 0x3c00 + at);
    expect(symbolBits(makeTensor('float16', [200], halves))).toBe(200 * 16);
  });

  it('does not take wide integers for codes', () => {
    expect(symbolBits(int32Tensor([3], [-70_000, 3, 400_000]))).toBe(3 * 32);
  });
});
