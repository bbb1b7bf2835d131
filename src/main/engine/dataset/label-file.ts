import { AppError } from '@shared/errors';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { imagenetClassOfSynset } from './imagenet-classes';
import type { ClassList } from './layout';

export interface LabelLine {
  /** File name as written, forward slashes. */
  name: string;
  label: number;
}

const sizeLimitBytes = 256 * 1024 * 1024;

/** Lines of a text file with their numbers, blank ones left out. Throws `dataset.labels-missing` or `dataset.labels-mismatch`. */
export async function readLines(path: string): Promise<{ text: string; line: number }[]> {
  const facts = await stat(path).catch(() => undefined);
  if (!facts?.isFile()) throw new AppError('dataset.labels-missing', { path, file: basename(path) });
  if (facts.size > sizeLimitBytes)
    throw new AppError('dataset.labels-mismatch', { path, detail: `it has ${facts.size} bytes` });
  const text = (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
  return text
    .split(/\r?\n/)
    .map((content, index) => ({ text: content.trim(), line: index + 1 }))
    .filter((item) => item.text !== '');
}

/**
 * "file class" a line, separated by blanks or a comma; the class is a number from 0, a synset of ImageNet, or a name of the
 * class list. Throws `dataset.labels-invalid` with the line.
 */
export async function readLabelFile(path: string, list: ClassList): Promise<LabelLine[]> {
  const lines = await readLines(path);
  const names = new Map(list.labelNames?.map((name, label) => [name, label]));
  return lines.map(({ text, line }) => {
    const parts = /^(.*?)\s*[\s,]\s*(\S+)$/.exec(text);
    if (!parts) throw invalidLine(path, line, `"${shorten(text)}" has no class`, list);
    const [, name, written] = parts as unknown as [string, string, string];
    const label = /^\d+$/.test(written) ? Number(written) : (imagenetClassOfSynset(written) ?? names.get(written));
    if (label === undefined) throw invalidLine(path, line, `"${shorten(written)}" is no class`, list);
    if (label >= (list.classes ?? Infinity) || label > 1e6)
      throw invalidLine(path, line, `there is no class ${label}`, list);
    return { name: name.replaceAll('\\', '/').replace(/^(\.\/)+/, ''), label };
  });
}

/**
 * Kaggle's LOC_val_solution.csv: `ImageId,PredictionString`, the latter starting with the synset. Throws
 * `dataset.labels-invalid` with the line.
 */
export async function readKaggleSolution(path: string, list: ClassList): Promise<LabelLine[]> {
  const lines = await readLines(path);
  if (lines[0]?.text.startsWith('ImageId')) lines.shift();
  return lines.map(({ text, line }) => {
    const [id = '', prediction = ''] = text.split(',');
    const label = imagenetClassOfSynset(prediction.trim());
    if (label === undefined) throw invalidLine(path, line, `"${shorten(text)}" has no synset of ImageNet`, list);
    return { name: `${id.trim()}.JPEG`, label };
  });
}

export function invalidLine(path: string, line: number, detail: string, list: ClassList): AppError {
  const maxClass = list.classes === undefined ? 'the last class' : list.classes - 1;
  return new AppError('dataset.labels-invalid', { path, line, detail, maxClass });
}

/** Label files may be anything: a message quotes little of them. */
export function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
