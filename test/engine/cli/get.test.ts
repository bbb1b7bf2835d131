import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../store/temporary-folder';
import { sentences, whittle } from './whittle';

it('whittle get lists what there is, and fetches nothing that nobody agreed to', async () => {
  const folder = temporaryFolder();
  const listed = await whittle(folder, 'get');
  expect(listed.code).toBe(0);
  expect(listed.stdout).toMatch(/squeezenet1\.1-7 .* 56\.34 +Apache-2\.0/);
  expect(listed.stdout).toContain('case-study is mobilenetv2, resnet50, squeezenet1.1 and Imagenette');

  for (const [words, sentence] of [
    [['get', 'case-study'], /^Nothing was fetched: case-study takes 463\.\d MB, and nobody said yes\./],
    [
      ['get', 'squeezenet1.1-7', '--offline', '--yes'],
      /^Downloads are switched off, so squeezenet1\.1-7 was not fetched\./,
    ],
    [['get', 'squeezenet1.1'], /^There is nothing called "squeezenet1\.1" to get; did you mean "squeezenet1\.1-7"\?/],
  ] as const) {
    const { code, stdout, stderr } = await whittle(folder, ...words);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(sentences(stderr).at(-1)).toMatch(sentence);
  }
  // What would be fetched, from where and under which licence, is shown before the question.
  const { stderr } = await whittle(folder, 'get', 'case-study');
  expect(stderr).toMatch(
    /ResNet-50 v1: 10\d\.\d MB, licence Apache-2\.0\n {2}from https:\/\/github\.com\/onnx\/models\//,
  );
  expect(existsSync(join(folder, 'case-study'))).toBe(false);
});
