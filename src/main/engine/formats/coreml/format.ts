import { z } from 'zod';
import { compressedSize } from '../../files/compressed-size';
import { writeFileAtomic } from '../../files/atomic-file';
import { loadClassifier } from '../../onnx/classifier-network';
import type { FileFormat } from '../file-format';
import { convertNetwork, findUnsupported } from './convert/convert';
import { conversionNotes } from './conversion-notes';
import { packageFiles, packedPackage, unpackedFiles, writePackage } from './package';

const options = z.strictObject({
  precision: z
    .enum(['float16', 'float32'])
    .default('float16')
    .describe(
      'Numbers that it computes in, and weights that are numbers are stored in: float16, which the Neural Engine takes, or float32, for the CPU and the GPU',
    ),
  input: z
    .enum(['image', 'tensor'])
    .default('image')
    .describe(
      'What it takes: an image of the size of the network, normalised within, or the numbers that the network takes',
    ),
  output: z
    .enum(['labels', 'scores'])
    .default('labels')
    .describe(
      'What it gives: the most likely class and what is thought of each, where classes have names, or the scores',
    ),
});

/** Core ML: an ML Program for Apple's systems, weights in as few bits as the ONNX file has. */
export const coremlFormat: FileFormat = {
  id: 'coreml',
  ending: 'mlpackage',
  version: 1,
  options,
  isOpaque: true,
  async convert(onnxPath, outputPath, card, given) {
    const { precision, input, output } = options.parse(given);
    const graph = await loadClassifier(onnxPath, card);
    const wanted = { precision: precision === 'float16' ? 'FLOAT16' : 'FLOAT32', input, output } as const;
    const model = await convertNetwork(graph, card, wanted);
    await writeFileAtomic(outputPath, packedPackage(packageFiles(model, card), card.name));
    return { notes: conversionNotes(model, output) };
  },
  async unpack(path, destination) {
    await writePackage(await unpackedFiles(path), destination);
  },
  unsupported: async (onnxPath, card) => findUnsupported(await loadClassifier(onnxPath, card), card),
  /** All files of the package. */
  async describe(path) {
    const files = await unpackedFiles(path);
    const sizeBytes = files.reduce((sum, { content }) => sum + content.byteLength, 0);
    return { sizeBytes, sizeCompressedBytes: await compressedSize(path) };
  },
};
