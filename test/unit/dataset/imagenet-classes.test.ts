import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  imagenetClassOfName,
  imagenetClassOfSynset,
  imagenetNames,
  imagenetSynsets,
} from '../../../src/main/engine/dataset/imagenet-classes';

const synsetWords = resolve(process.env.WHITTLE_SHARED ?? '../shared', 'imagenet/synset_words.txt');

describe('the 1,000 classes', () => {
  test('are sorted synsets, each once', () => {
    expect(imagenetSynsets).toHaveLength(1000);
    expect([...new Set(imagenetSynsets)].sort()).toEqual(imagenetSynsets);
    expect(imagenetSynsets.every((synset) => /^n\d{8}$/.test(synset))).toBe(true);
  });

  test('resolve folder names', () => {
    expect(imagenetClassOfSynset('n01440764')).toBe(0);
    expect(imagenetClassOfSynset('n01484850_great_white_shark')).toBe(2);
    expect(imagenetClassOfSynset('n15075141')).toBe(999);
    expect(imagenetClassOfSynset('n014407640')).toBeUndefined();
    expect(imagenetClassOfSynset('n99999999')).toBeUndefined();
    expect(imagenetClassOfName('Great_White_Shark')).toBe(2);
    expect(imagenetClassOfName('crane')).toBeUndefined();
  });

  test.skipIf(!existsSync(synsetWords))(`agree with the published list (skipped without ${synsetWords})`, () => {
    const lines = readFileSync(synsetWords, 'utf8').trim().split('\n');
    expect(lines.map((line) => line.slice(0, 9))).toEqual(imagenetSynsets);
    expect(lines.map((line) => line.slice(10).split(',')[0])).toEqual(imagenetNames);
  });
});
