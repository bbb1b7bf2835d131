import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keepUnchanged } from '../../../src/renderer/matrix/keep-unchanged';

describe('keepUnchanged', () => {
  it('gives back the earlier object where nothing changed, and the earlier parts where something did', () => {
    const before = { rows: [{ a: 1 }, { a: 2 }], note: 'x' };
    expect(keepUnchanged(structuredClone(before), before)).toBe(before);
    const after = keepUnchanged({ rows: [{ a: 1 }, { a: 3 }], note: 'x' }, before);
    expect(after).toEqual({ rows: [{ a: 1 }, { a: 3 }], note: 'x' });
    expect(after.rows[0]).toBe(before.rows[0]);
    expect(after.rows[1]).not.toBe(before.rows[1]);
  });

  it.each([
    [[1, 2], [1]],
    [{ a: 1 }, { a: 1, b: 2 }],
    [{ a: undefined }, { b: undefined }],
    [[1], { 0: 1 }],
    [null, {}],
    [{ a: null }, { a: {} }],
    [0, -0],
  ])('%j is not %j', (next, before) => {
    expect(keepUnchanged<unknown>(next, before)).toEqual(next);
    expect(keepUnchanged<unknown>(next, before)).not.toBe(before);
  });

  it('is always equal to what came next', () => {
    const data = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(data, data, (next, before) => {
        expect(JSON.stringify(keepUnchanged(next, before))).toBe(JSON.stringify(next));
        expect(keepUnchanged(structuredClone(next), next)).toBe(next);
      }),
    );
  });
});
