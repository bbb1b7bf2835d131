import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '@shared/errors';
import type { ModelCard } from '@shared/model-card';
import { writeError, writeFileAtomic } from '../../files/atomic-file';
import { readZip } from '../../files/read-zip';
import { makeWorkFolder, setAside } from '../../files/work-folder';
import { storedZip, type ZipEntry } from '../../files/zip';
import { encodeMessage, type Message } from '../protobuf/message';
import { labelName, probabilitiesName, type CoremlModel } from './model';
import { arrayFloat32, colorSpaces, coremlSchema } from './schema';

const author = 'com.apple.CoreML';
/** The program, in the folder of a package's data. */
export const modelPath = `${author}/model.mlmodel`;
const weightsFolder = `${author}/weights`;

/** The files of an .mlpackage, by their paths in it: the program, its weights, and the list of both. */
export function packageFiles(model: CoremlModel, card: ModelCard): ZipEntry[] {
  const { specificationVersion, program } = model;
  const spec = { specificationVersion, description: description(model, card), mlProgram: program };
  const content = encodeMessage(coremlSchema, 'Model', spec);
  const weights = model.blobs.bytes();
  return [
    { name: 'Manifest.json', content: Buffer.from(manifest(content, weights)) },
    { name: `Data/${modelPath}`, content },
    { name: `Data/${weightsFolder}/weight.bin`, content: weights },
  ];
}

/** A package in one file: a ZIP archive without compression, of the folder under the network's name. */
export function packedPackage(files: readonly ZipEntry[], name: string): Uint8Array {
  const folder = `${name.replaceAll(/[^\w.-]/g, '_')}.mlpackage`;
  return storedZip(
    files.map((file) => ({ ...file, name: `${folder}/${file.name}` })),
    0,
  );
}

/** The files in such an archive. Throws `artifact.damaged` for any other. */
export async function unpackedFiles(path: string): Promise<ZipEntry[]> {
  const files = readZip(await readFile(path), Infinity);
  if (!files || files === 'damaged') throw new AppError('artifact.damaged', { path });
  return files.map((file) => ({ ...file, name: file.name.slice(file.name.indexOf('/') + 1) }));
}

/** Writes the files of a package as a folder, whole or not at all. Throws `output.unwritable`, `output.disk-full`. */
export async function writePackage(files: readonly ZipEntry[], destination: string): Promise<void> {
  let work: string | undefined;
  try {
    work = await makeWorkFolder(destination);
    const folder = join(work, 'package');
    for (const { name, content } of files) {
      const path = join(folder, ...name.split('/'));
      await mkdir(dirname(path), { recursive: true });
      await writeFileAtomic(path, content);
    }
    await replace(folder, destination, work);
  } catch (thrown) {
    throw writeError(destination, thrown);
  } finally {
    if (work !== undefined) await rm(work, { recursive: true, force: true });
  }
}

/** A folder cannot be renamed onto one that holds files: that one steps aside first, where it is a package. */
async function replace(folder: string, destination: string, work: string): Promise<void> {
  await rename(destination, join(work, setAside)).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code !== 'ENOENT') throw thrown;
  });
  await rename(folder, destination);
}

/** Identifiers follow from the content, so that equal networks are equal packages. */
function manifest(model: Uint8Array, weights: Uint8Array): string {
  const [spec, numbers] = [identifier('model', model), identifier('weights', weights)];
  const item = (name: string, path: string, text: string) => ({ author, description: text, name, path });
  return `${JSON.stringify(
    {
      fileFormatVersion: '1.0.0',
      itemInfoEntries: {
        [spec]: item('model.mlmodel', modelPath, 'CoreML Model Specification'),
        [numbers]: item('weights', weightsFolder, 'CoreML Model Weights'),
      },
      rootModelIdentifier: spec,
    },
    null,
    4,
  )}\n`;
}

function identifier(role: string, content: Uint8Array): string {
  const hash = createHash('sha256').update(role).update(content).digest('hex');
  return [hash.slice(0, 8), hash.slice(8, 12), hash.slice(12, 16), hash.slice(16, 20), hash.slice(20, 32)].join('-');
}

function description({ input, scores }: CoremlModel, card: ModelCard): Message {
  const { width, height, channels } = card.input;
  const array = (shape: readonly number[]) => ({ multiArrayType: { shape, dataType: arrayFloat32 } });
  const image = { imageType: { width, height, colorSpace: colorSpaces[channels] } };
  const order = channels === 'BGR' ? ', blue first' : '';
  return {
    input: [
      {
        name: input.name,
        shortDescription: input.isImage
          ? `Image of ${width} x ${height} pixels`
          : `Pixels of an image${order}, normalised: (value - ${card.preprocess.mean.join(', ')}) / ${card.preprocess.std.join(', ')}`,
        type: input.isImage ? image : array(input.shape),
      },
    ],
    output: scores
      ? [{ name: scores.name, shortDescription: 'A score for each class', type: array(scores.shape) }]
      : [
          { name: labelName, shortDescription: 'The most likely class', type: { stringType: {} } },
          {
            name: probabilitiesName,
            shortDescription: 'What is thought of each class',
            type: { dictionaryType: { stringKeyType: {} } },
          },
        ],
    ...(!scores && { predictedFeatureName: labelName, predictedProbabilitiesName: probabilitiesName }),
    metadata: {
      shortDescription: `${card.title ?? card.name}, an image classifier with ${card.output.classes} classes`,
      author: 'Written by Whittle',
      ...(card.licence !== undefined && { license: card.licence }),
    },
  };
}
