import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AppError, isErrorCode, sentenceFor, toAppError, type ErrorCode } from '@shared/errors';

/** Codes and the facts each sentence uses, read from the source, so that a new row is tested without being listed here. */
const source = readFileSync(resolve(import.meta.dirname, '../../../src/shared/errors.ts'), 'utf8');
const table = source.slice(source.indexOf('const sentences'), source.indexOf('} satisfies'));
const rows = [
  ...table.matchAll(/^ {2}'?([a-z][\w.-]*)'?: \([^)]*\) =>([\s\S]*?)(?=^ {2}'?[a-z][\w.-]*'?: \(|$(?![\s\S]))/gm),
].map(([, code, body]) => ({
  code: code!,
  facts: [...new Set([...body!.matchAll(/\bf\.(\w+)/g)].map((match) => match[1]!))],
}));

describe('every error code', () => {
  it('is found in the source', () => {
    expect(rows.length).toBeGreaterThan(40);
    expect(rows.map((row) => row.code)).toEqual(
      expect.arrayContaining(['cancelled', 'model.not-onnx', 'usage', 'internal']),
    );
    for (const { code } of rows) expect(isErrorCode(code), code).toBe(true);
  });

  it.each(rows)('$code makes a sentence of its facts', ({ code, facts }) => {
    const given = Object.fromEntries(facts.map((name) => [name, `<${name}>`]));
    const sentence = sentenceFor({ code: code as ErrorCode, facts: given });
    expect(sentence).not.toMatch(/undefined|null|NaN|\[object|\n/);
    expect(sentence).toMatch(/^[A-Z<"]/);
    expect(sentence).toMatch(/\.$/);
    expect(sentence).not.toMatch(/\.\.|\s\s| [,.;:](\s|$)/);
    for (const name of facts) expect(sentence, `the fact ${name} is shown`).toContain(`<${name}>`);
  });

  it.each(rows)('$code stays whole when its details end like sentences', ({ code, facts }) => {
    for (const end of ['.', '?', '!']) {
      const given = Object.fromEntries(facts.map((name) => [name, `Is it so${end}`]));
      expect(sentenceFor({ code: code as ErrorCode, facts: given })).not.toMatch(/[.?!]\.(\s|$)/);
    }
  });
});

it('optional facts may be missing', () => {
  expect(new AppError('model.not-found', { name: 'x' }).message).toBe(
    'No model "x". Give a path to an .onnx or .tflite file, or set the folder with --zoo.',
  );
  expect(new AppError('technique.unknown', { id: 'prune' }).message).not.toContain('undefined');
  expect(new AppError('store.busy', { path: '/w' }).message).toMatch(/^Another run is using \/w\. Wait/);
  expect(
    new AppError('sweep.invalid', { path: 'a.yaml', at: '', detail: 'expected names with values, found nothing' })
      .message,
  ).toBe('a.yaml: expected names with values, found nothing. Correct the sweep file.');
});

it('a skipped image inside another sentence loses its own ending', () => {
  const first = new AppError('image.too-large', { path: 'a.png', width: 30000, height: 30000, limit: 100 }).message;
  expect(new AppError('dataset.unreadable', { path: '/images', count: 2, first }).message).toBe(
    'None of the 2 images in /images can be used. The first: a.png has 30000 x 30000 pixels; the limit is 100 megapixels. Check that they are complete image files.',
  );
});

describe('toAppError', () => {
  it('keeps an AppError', () => {
    const error = new AppError('cancelled');
    expect(toAppError(error)).toBe(error);
  });
  it.each([
    [new TypeError('x is not a function\n    at y'), 'x is not a function'],
    ['a text', 'a text'],
    [undefined, 'undefined'],
  ])('makes %s internal, one line', (thrown, detail) => {
    expect(toAppError(thrown)).toMatchObject({ code: 'internal', facts: { detail } });
  });
});

it.each([['toString'], ['constructor'], ['nope'], [5], [undefined]])('isErrorCode(%s) is false', (code) =>
  expect(isErrorCode(code)).toBe(false),
);
