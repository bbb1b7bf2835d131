import { AppError } from '@shared/errors';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { imagenet } from './class-names';
import { imagenetClassOfSynset } from './imagenet-classes';
import { invalidLine, readLines, shorten, type LabelLine } from './label-file';

const synsetFiles = ['map_clsloc.txt', 'synsets.txt', 'LOC_synset_mapping.txt'];

/**
 * The devkit's ILSVRC2012_validation_ground_truth.txt: one ILSVRC2012_ID, 1..1000, a line; line i is for
 * ILSVRC2012_val_{i, 8 digits}.JPEG. These ids are not the class order of networks (which is that of the sorted synsets); the
 * devkit has the mapping in meta.mat, and as text in map_clsloc.txt ("n02119789 1 kit_fox"). Without it Whittle does not
 * guess. Throws `dataset.synsets-missing` and `dataset.labels-invalid`.
 */
export async function readDevkitGroundTruth(path: string): Promise<LabelLine[]> {
  const classOfId = await readSynsetIds(path);
  const lines = await readLines(path);
  return lines.map(({ text, line }) => {
    const label = classOfId.get(Number(text));
    if (label === undefined) throw invalidLine(path, line, `"${shorten(text)}" is no ILSVRC2012_ID`, imagenet);
    return { name: `ILSVRC2012_val_${String(line).padStart(8, '0')}.JPEG`, label };
  });
}

async function readSynsetIds(groundTruth: string): Promise<Map<number, number>> {
  for (const name of synsetFiles) {
    const path = join(dirname(groundTruth), name);
    if (!(await stat(path).catch(() => undefined))?.isFile()) continue;
    const lines = await readLines(path);
    const pairs = lines.map(({ text, line }) => synsetAndId(text, line));
    const classes = pairs.map((pair) => imagenetClassOfSynset(pair.synset));
    const isComplete = new Set(classes).size === imagenet.classes && !classes.includes(undefined);
    // A list in class order (as LOC_synset_mapping.txt is) says nothing of the devkit's order, which is another one.
    const isClassOrder = pairs.every((pair, index) => pair.id === index + 1 && classes[index] === index);
    if (isComplete && !isClassOrder) return new Map(pairs.map((pair, index) => [pair.id, classes[index]!]));
  }
  throw new AppError('dataset.synsets-missing', { path: groundTruth, looked: synsetFiles.join(', ') });
}

/** "n02119789 1 kit_fox", "1 n02119789", or "n02119789" alone, whose line is its id. */
function synsetAndId(text: string, line: number): { synset: string; id: number } {
  const [first = '', second = ''] = text.split(/[\s,]+/);
  if (/^\d+$/.test(first)) return { synset: second, id: Number(first) };
  return { synset: first, id: /^\d+$/.test(second) ? Number(second) : line };
}
