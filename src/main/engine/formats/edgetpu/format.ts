import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compilerText, estimateText, leftToCpuText } from '@shared/presenter/edgetpu';
import { compressedSize } from '../../files/compressed-size';
import type { FileFormat } from '../file-format';
import { readTflite } from '../tflite/read-model';
import { compileForEdgeTpu } from './compile';
import { estimateEdgeTpu } from './estimate';

/** Files that edgetpu_compiler makes of .tflite files. @param tflite the format that they are made from, whose options hold here too */
export const edgetpuFormat = (tflite: FileFormat): FileFormat => ({
  id: 'edgetpu',
  version: 1000 + tflite.version,
  options: tflite.options,
  unsupported: tflite.unsupported,
  async convert(onnxPath, outputPath, card, options) {
    const folder = await mkdtemp(join(tmpdir(), 'whittle-tflite-'));
    try {
      const source = join(folder, 'network.tflite');
      await tflite.convert(onnxPath, source, card, options);
      const estimate = estimateEdgeTpu(readTflite(await readFile(source), source));
      const compiler = await compileForEdgeTpu(source, outputPath);
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
