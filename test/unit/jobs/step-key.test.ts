import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, imagesKey, modelKey, stepKey } from '../../../src/main/engine/jobs/step-key';
import { card, images } from '../sweep/sweeps';

describe('canonicalJson', () => {
  it.each([
    [{ b: 1, a: [2, { d: null, c: 'x' }] }, '{"a":[2,{"c":"x","d":null}],"b":1}'],
    [{ a: undefined, b: 1 }, '{"b":1}'],
    [[undefined, 1], '[null,1]'],
    ['"', '"\\""'],
    [null, 'null'],
    [-0, '0'],
  ])('%j', (value, text) => expect(canonicalJson(value)).toBe(text));

  const shuffled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffled);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, entry]) => [key, shuffled(entry)]),
    );
  };

  it('is JSON of the same value, whatever the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value));
      }),
    );
  });

  it('differs where values differ', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        const same = canonicalJson(a) === canonicalJson(b);
        const again = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
        if (same) expect(again(shuffled(a))).toEqual(again(b));
        else expect(again(a)).not.toEqual(again(b));
      }),
    );
  });
});

describe('stepKey', () => {
  it('is forty hexadecimal digits and keeps parts apart', () => {
    expect(stepKey('a', 'b')).toMatch(/^[0-9a-f]{40}$/);
    expect(stepKey('ab')).not.toBe(stepKey('a', 'b'));
    expect(stepKey('a', undefined, 'b')).not.toBe(stepKey('a', 'b'));
    expect(stepKey(1)).not.toBe(stepKey('1'));
  });

  it('stays what earlier versions stored', () => {
    // sha256 of '["compress",{"a":1,"b":2}]': a change here would forget every result people have.
    expect(stepKey('compress', { b: 2, a: 1 })).toBe('dc4d245735315564508875c7f9d85653ba5f7637');
  });
});

describe('modelKey', () => {
  it('follows the bytes and how images are fed, not names', () => {
    const key = modelKey('sha', card);
    expect(modelKey('sha', { ...card, name: 'other', title: 'T', licence: 'MIT' })).toBe(key);
    expect(modelKey('sha2', card)).not.toBe(key);
    expect(modelKey('sha', { ...card, preprocess: { ...card.preprocess, mean: [0, 0, 0] } })).not.toBe(key);
    expect(modelKey('sha', { ...card, input: { ...card.input, channels: 'BGR' } })).not.toBe(key);
  });
});

describe('imagesKey', () => {
  const set = images('eval', 3);
  const key = imagesKey(set);
  it('does not depend on where images lie', () => {
    expect(
      imagesKey({ ...set, entries: set.entries.map((entry) => ({ ...entry, path: `/moved/${entry.hash}` })) }),
    ).toBe(key);
  });
  it.each([
    ['another image', { entries: [...set.entries.slice(1), images('eval', 1, 9).entries[0]!] }],
    ['one image fewer', { entries: set.entries.slice(1) }],
    ['another label', { entries: set.entries.map((entry) => ({ ...entry, label: entry.label + 1 })) }],
    ['no resizing', { alreadyResized: true }],
  ])('changes with %s', (_what, changes) => expect(imagesKey({ ...set, ...changes })).not.toBe(key));
});
