import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { datasetFolder } from './folders';
import { jpegOf, labelNames, renderPicture } from './picture';

const counts = { eval: 400, calibration: 200 } as const;

/** Writes the evaluation and calibration pictures with their labels. */
export async function writeDataset(): Promise<void> {
  for (const [split, count] of Object.entries(counts) as [keyof typeof counts, number][]) {
    const folder = join(datasetFolder, split);
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    const lines: string[] = [];
    for (let index = 0; index < count; index++) {
      const picture = renderPicture(split, index);
      const name = `${split}-${String(index).padStart(3, '0')}.jpg`;
      await writeFile(join(folder, name), await jpegOf(picture));
      lines.push(`${name} ${picture.label}\n`);
    }
    await writeFile(join(datasetFolder, `${split}.txt`), lines.join(''));
  }
  const splits: Record<string, unknown> = Object.fromEntries(
    Object.keys(counts).map((split) => [split, { images: split, labels: `${split}.txt` }]),
  );
  const description = { name: 'starter-pictures', labels: 'starter-10', labelNames, ...splits };
  await writeFile(join(datasetFolder, 'dataset.json'), `${JSON.stringify(description, null, 2)}\n`);
}
