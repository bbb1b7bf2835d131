import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@shared/errors';
import type { ModelCard } from '@shared/model-card';
import { compilerText, estimateText, leftToCpuText } from '@shared/presenter/edgetpu';
import { compressedSize } from '../../files/compressed-size';
import type { FileFormat } from '../file-format';
import type { TfliteModel } from '../tflite/model';
import { readTflite } from '../tflite/read-model';
import { asIntegers, hasIntegers } from './as-integers';
import { compileForEdgeTpu } from './compile';
import { estimateEdgeTpu } from './estimate';
import { compilerVersion } from './compiler-version';

/** Files that edgetpu_compiler makes of .tflite files. @param tflite the format that they are made from, whose options hold here too */
export const edgetpuFormat = (tflite: FileFormat): FileFormat => ({
  id: 'edgetpu',
  version: 1000 + tflite.version,
  options: tflite.options,
  integersOnly: true,
  isOpaque: true,
  compilerVersion,
  unsupported: tflite.unsupported,
  convert: (onnxPath, outputPath, card, options, signal) =>
    withSource(tflite, { onnxPath, card, options }, async (source, model) => {
      // The compiler would say so too, and who has none would be sent to get it first.
      if (!hasIntegers(model)) throw new AppError('format.integers-only', { taker: 'The Edge TPU' });
      const estimate = estimateEdgeTpu(model);
      const compiler = await compileForEdgeTpu(source, outputPath, process.env, signal);
      const notes = [compilerText(compiler), leftToCpuText(compiler), estimateText(estimate)];
      return { compiler, notes: notes.filter((note) => note !== undefined) };
    }),
  estimate: (onnxPath, card) =>
    withSource(tflite, { onnxPath, card, options: tflite.options.parse({}) }, (_source, model) => {
      const isQuantized = hasIntegers(model);
      return { chip: estimateEdgeTpu(isQuantized ? model : asIntegers(model)), isQuantized };
    }),
  /** Weights and operators lie in the compiler's own form: what can be told is how large the file is. */
  async describe(path) {
    const { size } = await stat(path);
    return { sizeBytes: size, sizeCompressedBytes: await compressedSize(path) };
  },
});

interface Source {
  onnxPath: string;
  card: ModelCard;
  options: Record<string, unknown>;
}

/** Does something with a network as .tflite, which is gone afterwards. */
async function withSource<T>(
  tflite: FileFormat,
  { onnxPath, card, options }: Source,
  work: (path: string, model: TfliteModel) => T | Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'whittle-tflite-'));
  try {
    const path = join(folder, 'network.tflite');
    await tflite.convert(onnxPath, path, card, options);
    return await work(path, readTflite(await readFile(path), path));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
