import { describe, expect, it } from 'vitest';
import { AppError, withoutCommands } from '@shared/errors';

const shown = (...given: ConstructorParameters<typeof AppError>): string =>
  withoutCommands(new AppError(...given).message);

describe('withoutCommands', () => {
  it('drops the sentence that advises a command and keeps what is wrong', () => {
    expect(shown('technique.unknown', { id: 'prune.magic', near: 'prune.magnitude' })).toBe(
      'Unknown technique "prune.magic"; did you mean "prune.magnitude"?',
    );
    expect(shown('technique.unknown', { id: 'zip' })).toBe('Unknown technique "zip".');
    expect(shown('technique.params', { id: 'fp16', recipe: 'half', detail: '"keep" is no parameter' })).toBe(
      'In the recipe "half", fp16: "keep" is no parameter.',
    );
  });

  it('also where the command names a file with a full stop', () => {
    expect(shown('run.none', { path: 'results' })).toBe('There is no run in results yet.');
  });

  it('keeps sentences that quote something else', () => {
    const sentence = new AppError('store.newer', { path: 'a.db', found: 9, known: 3 }).message;
    expect(withoutCommands(sentence)).toBe(sentence);
    expect(shown('recipe.syntax', { text: 'a |', position: 3, detail: 'a step is missing' })).toMatch(
      /quantize\.static"\.$/,
    );
  });
});
