import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@shared/errors';
import { compilerText, estimateText, leftToCpuText } from '@shared/presenter/edgetpu';
import { compressedSize } from '../../files/compressed-size';
import type { FileFormat } from '../file-format';
import type { TfliteModel } from '../tflite/model';
import { readTflite } from '../tflite/read-model';
import { compileForEdgeTpu } from './compile';
import { estimateEdgeTpu } from './estimate';
import { compilerVersion } from './run-compiler';

/** Files that edgetpu_compiler makes of .tflite files. @param tflite the format that they are made from, whose options hold here too */
export const edgetpuFormat = (tflite: FileFormat): FileFormat => ({
  id: 'edgetpu',
  version: 1000 + tflite.version,
  options: tflite.options,
  integersOnly: true,
  compilerVersion,
  unsupported: tflite.unsupported,
  async convert(onnxPath, outputPath, card, options, signal) {
    const folder = await mkdtemp(join(tmpdir(), 'whittle-tflite-'));
    try {
      const source = join(folder, 'network.tflite');
      await tflite.convert(onnxPath, source, card, options);
      const network = readTflite(await readFile(source), source);
      // The compiler would say so too, and who has none would be sent to get it first.
      if (isInFloats(network)) throw new AppError('format.integers-only', { taker: 'The Edge TPU' });
      const estimate = estimateEdgeTpu(network);
      const compiler = await compileForEdgeTpu(source, outputPath, process.env, signal);
      const notes = [compilerText(compiler), leftToCpuText(compiler), estimateText(estimate)];
      return { compiler, notes: notes.filter((note) => note !== undefined) };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
  /** Weights and operators lie in the compiler's own form: what can be told is how large the file is. */
  async describe(path) {
    const { size } = await stat(path);
    return { sizeBytes: size, sizeCompressedBytes: await compressedSize(path) };
  },
});

/** Nothing but conversions gives codes: whatever weights are stored as, the operators compute in floats. */
function isInFloats({ graphs: [graph] }: TfliteModel): boolean {
  const givesCodes = (outputs: readonly number[]): boolean =>
    outputs.some((index) => /^U?INT8$/.test(graph?.tensors[index]?.type ?? ''));
  return (graph?.operators ?? []).every(({ op, outputs }) => op === 'QUANTIZE' || !givesCodes(outputs));
}
